// Follows Airflow's light or dark, opens Airflow's own pages outside the frame, and sends a form once.
(() => {
  const own = document.documentElement;
  let outer = null;
  try {
    if (window.parent !== window) outer = window.parent.document;
  } catch {} // a frame of another site: the pages' rules forbid it
  const chosen = () => {
    if (!outer) return localStorage.getItem("theme");
    const { classList, dataset } = outer.documentElement;
    return ["dark", "light"].find((name) => classList.contains(name)) || dataset.theme;
  };
  const follow = () => {
    const theme = chosen();
    if (theme === "dark" || theme === "light") own.dataset.theme = theme;
    else delete own.dataset.theme;
  };
  follow();
  if (outer) new MutationObserver(follow).observe(outer.documentElement, { attributeFilter: ["class", "data-theme"] });
  else addEventListener("storage", follow);
  addEventListener("click", (event) => {
    const link = event.target.closest("a[data-airflow]");
    if (!outer || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const there = outer.createElement("a");
    there.href = link.href;
    outer.body.append(there);
    there.click();
    there.remove();
  });
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "post" && form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
})();
