"""What stands in braces and is no variable: told of, and asked about once."""

from typing import Any

from promura_site.errors import DomainError
from promura_site.models import User
from scheduling.services.texts import Texts
from templates_app.models import PostTemplate
from templates_app.services import keep_braces
from templates_app.variables import UNKNOWN_VARIABLE, in_braces, stays_as_written

# More names than these say nothing more to whoever is asked.
_NAMED = 5


def ask(
    texts: Texts, template: PostTemplate | None, *, actor: User, keep: bool
) -> None:
    """Make sure that somebody wants what a template has in braces to stay.

    Raise DomainError 409 that names it, unless `keep` says so: that is remembered
    with the template, and nobody is asked again. Call it in a transaction.
    """
    names = texts.unknown(template.plain_braces) if template else []
    if not (template and names):
        return
    if not keep:
        shown = ", ".join(map(in_braces, names[:_NAMED]))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise DomainError(
            "unknown_variables",
            f"This would stay as written: {shown}{more}. "
            "Confirm that in compose (by API: keep_unknown), or change the text.",
            status=409,
            variables=names,
        )
    keep_braces(template.pk, names, actor=actor)


def warnings(texts: Texts, template: PostTemplate | None) -> list[dict[str, Any]]:
    """Return a warning for each thing in braces that stays as it is written."""
    plain = template.plain_braces if template else ()
    return [
        {
            "code": UNKNOWN_VARIABLE,
            "field": "content",
            "name": name,
            "text": stays_as_written(name),
        }
        for name in texts.unknown(plain)
    ]
