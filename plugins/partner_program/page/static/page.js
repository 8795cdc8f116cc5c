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
  // asks again about work that goes on, and loads the page anew once it is done
  const lookAgain = () => {
    const waits = document.querySelector("[data-again]");
    if (waits) setTimeout(look, waits.dataset.again, waits);
  };
  const look = async (waits) => {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById(waits.id);
      if (!answer.ok || !now || !now.dataset.again) return location.reload();
      if (now.innerHTML !== waits.innerHTML) waits.innerHTML = now.innerHTML;
    } catch {} // no answer: ask again
    lookAgain();
  };
  addEventListener("DOMContentLoaded", () => {
    lookAgain();
    // a row of links wider than the screen shows the one of this page
    document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
})();
