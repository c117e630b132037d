"""One permission class for every endpoint."""

from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from promura_site import levels

if TYPE_CHECKING:
    from rest_framework.views import APIView

_ANY_LEVEL = {"metadata", None}


class HasLevel(BasePermission):
    """Ask for the Django permission that the view declares for the action.

    A view's `permission_map` names it per action (per method for a plain view); an
    action that it leaves out is a fault of ours and refused loudly.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the signed-in person may do this."""
        if not request.user.is_authenticated:
            return False
        action = getattr(view, "action", None)
        if not hasattr(view, "action_map"):
            method = (request.method or "").lower()
            action = {"options": "metadata", "head": "get"}.get(method, method)
            action = action if hasattr(view, action) else None
        if action in _ANY_LEVEL:
            return levels.level_of(request.user) is not None
        needed = getattr(view, "permission_map", {}).get(action)
        if needed is None:
            raise ImproperlyConfigured(f"{type(view).__name__}.{action} has no level")
        return request.user.has_perms([needed] if isinstance(needed, str) else needed)
