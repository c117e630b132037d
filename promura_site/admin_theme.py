"""How Django's admin looks: the brand's colours for django-unfold."""

from typing import Any

from django.templatetags.static import static

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "PROMURA",
    "SITE_HEADER": "PROMURA",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "THEME": "dark",
    "BORDER_RADIUS": "12px",
    "STYLES": [lambda _: static("promura_site/admin.css")],
    "COLORS": {
        "base": {
            "50": "#f6eff4",
            "100": "#e9dfe6",
            "200": "#d5c9d2",
            "300": "#bcb0ba",
            "400": "#948a93",
            "500": "#7a6f7a",
            "600": "#4a414b",
            "700": "#332a35",
            "800": "#211b24",
            "900": "#171319",
            "950": "#0a0a0a",
        },
        "primary": {
            "50": "#fff4f6",
            "100": "#ffdee2",
            "200": "#ffc4dd",
            "300": "#ffa6d5",
            "400": "#ff8fce",
            "500": "#ff77c6",
            "600": "#d964b0",
            "700": "#a94f9a",
            "800": "#7d3a66",
            "900": "#3a2433",
            "950": "#211b24",
        },
    },
}
