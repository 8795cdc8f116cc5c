"""Compiles a letter's templates for speed: work that is the same for every letter of a language is done once.

A message without a plural is looked up in the catalogue while the template is compiled, and becomes text in the
compiled code. A macro is called directly, not through the context, which would check at each call what kind of function
it is; a macro called directly escapes as its environment says. Both save time and change no letter: the golden letters
are the same with Jinja2's own extension. What was compiled is kept in the process: a folder of which one file was
changed compiles that file alone. A file is parsed once for all languages and parts; only what its text becomes differs.
"""

from types import CodeType
from typing import NamedTuple

from jinja2 import BytecodeCache, Environment, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import InternationalizationExtension

from partner_program.adapters.letters.catalogues import PLACEHOLDER, Catalogue
from partner_program.domain.refusals import Refusal

_THROUGH_THE_CONTEXT = ("gettext", "ngettext", "pgettext", "npgettext", "caller")


class Message(NamedTuple):
    """What a `trans` tag says; `is_plain` where it has no plural, so that its text is known while it is compiled."""

    singular: str
    is_plain: bool
    values: dict[str, nodes.Expr]


class CompiledMessages(InternationalizationExtension):
    """The `trans` tag, whose text is taken from the catalogue when the code of a language is written."""

    def _make_node(
        self,
        singular: str,
        plural: str | None,
        context: str | None,
        variables: dict[str, nodes.Expr],
        plural_expr: nodes.Expr | None,
        vars_referenced: bool,
        num_called_num: bool,
    ) -> nodes.Output:
        """Return the message's values, or the call that looks a plural up later, when its number is known."""
        is_plain = plural_expr is None and context is None
        output = (
            nodes.Output(list(variables.values()))
            if is_plain
            else super()._make_node(singular, plural, context, variables, plural_expr, vars_referenced, num_called_num)
        )
        # Jinja2 lets nobody make a node of a kind of its own
        output.message = Message(singular, is_plain, variables)  # type: ignore[attr-defined]
        return output


class LetterCode(CodeGenerator):
    """Writes messages as text, and calls of macros with plain arguments, all but those for plurals, as plain calls."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        """Write a message's text and values in the catalogue's order; `Refusal` if the catalogue lacks it."""
        message: Message | None = getattr(node, "message", None)
        if message is not None:
            catalogue: Catalogue = self.environment.catalogue  # type: ignore[attr-defined]
            if message.singular not in catalogue.messages:
                raise Refusal(f"message {message.singular!r} is in a template but not in {catalogue.path}")
            if message.is_plain:
                node = nodes.Output(_in_order(message, catalogue), lineno=node.lineno)
        super().visit_Output(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write the call as plain Python."""
        by_name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if forward_caller or node.kwargs or node.dyn_args or node.dyn_kwargs or by_name in _THROUGH_THE_CONTEXT:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")


def _in_order(message: Message, catalogue: Catalogue) -> list[nodes.Expr]:
    parts = PLACEHOLDER.split(catalogue.translations.gettext(message.singular))
    return [
        message.values[part] if place % 2 else nodes.TemplateData(part.replace("%%", "%"))
        for place, part in enumerate(parts)
    ]


_MOST_KEPT = 1_000  # templates; a version has about 30 in each language, for each of two parts
_kept: dict[tuple[str, ...], CodeType] = {}


class CompiledOnce(BytecodeCache):
    """Gives a template of the same name, text and messages the code that was compiled before in this process.

    Jinja2 asks by the template's name and a checksum of its text; the rest of what decides the code is here.
    """

    def __init__(self, catalogue: Catalogue, *, html: bool) -> None:
        self._of = (catalogue.messages_hash, "html" if html else "text")

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the name alone: in which folder the file lies changes nothing."""
        del filename
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in the code, if it is known."""
        bucket.code = _kept.get((*self._of, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code; all is forgotten when there is too much of it."""
        if bucket.code is not None:
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[*self._of, bucket.key, bucket.checksum] = bucket.code


_MOST_PARSED = 100  # templates; what is parsed is larger than its code
_parsed: dict[tuple[str, str | None], nodes.Template] = {}


class LetterEnvironment(Environment):
    """A Jinja2 environment that compiles letters: all of them read the same syntax, and share what was parsed."""

    code_generator_class = LetterCode

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if (source, name) not in _parsed:
            if len(_parsed) >= _MOST_PARSED:
                _parsed.clear()
            _parsed[source, name] = super()._parse(source, name, filename)
        return _parsed[source, name]
