"""How answers are written."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


# Screen readers need the language, and one main part rather than one in another.
_MENDED = (
    ("<html>", '<html lang="en">'),
    ('<div class="content-main" role="main"', '<div class="content-main"'),
)


# What a page never repeats, not even to whoever has just typed it.
_SECRET = frozenset({"access", "credentials", "password", "refresh", "token"})


class ApiJSONRenderer(JSONRenderer):
    """UTF-8 JSON; the only machine format."""


class PromuraBrowsableAPIRenderer(BrowsableAPIRenderer):
    """DRF's browsable API in the house's colours, its raw form kept filled."""

    template = "promura_site/browsable_api.html"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return DRF's page, mended where its template has no block for it."""
        page = str(super().render(data, accepted_media_type, renderer_context))
        for found, mended in _MENDED:
            page = page.replace(found, mended, 1)
        return page

    def get_raw_data_form(
        self, data: Any, view: "APIView", method: str, request: Request
    ) -> Any:
        """Return DRF's form, holding what was sent when that was refused."""
        form = super().get_raw_data_form(data, view, method, request)
        refused = isinstance(data, dict) and data.get("success") is False
        if form is not None and refused and request.method == method:
            form.initial["_content"] = _sent(request) or form.initial.get("_content")
        return form


def _sent(request: Request) -> str:
    """Return the body that was sent, empty when it could not be read at all."""
    try:
        data = request.data
    except APIException:
        return ""
    if isinstance(data, dict):
        data = {name: "" if name in _SECRET else data[name] for name in data}
    return json.dumps(data, indent=4, ensure_ascii=False, default=str) if data else ""
