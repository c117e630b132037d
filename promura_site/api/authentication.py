"""Who asks: bearer tokens that can be revoked, or the session of a page."""

from typing import TYPE_CHECKING, cast

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.tokens import RefreshToken, Token

if TYPE_CHECKING:
    from promura_site.models import User

EPOCH_CLAIM = "epoch"


class EpochJWTAuthentication(JWTAuthentication):
    """JWT authentication that refuses tokens of an earlier epoch."""

    def get_user(self, validated_token: Token) -> "User":  # type: ignore[override]
        """Return the token's person; raise when the token is from before a reset."""
        user = cast("User", super().get_user(validated_token))
        if validated_token.get(EPOCH_CLAIM) != user.token_epoch:
            raise AuthenticationFailed("This token has been revoked.")
        return user


class CsrfFailed(PermissionDenied):
    """The session is good, but nothing shows that one of our pages asks."""

    default_code = "csrf_failed"
    default_detail = "The CSRF token is missing or old; reload the page and try again."


class PageAuthentication(SessionAuthentication):
    """The session cookie of a signed-in page, with its CSRF token for writes."""

    def enforce_csrf(self, request: Request) -> None:
        """Raise unless the call comes from one of our own pages."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise CsrfFailed from None


def issue_tokens(user: "User") -> dict[str, str]:
    """Return a fresh `{access, refresh}` pair that carries the person's epoch."""
    refresh = RefreshToken.for_user(user)
    refresh[EPOCH_CLAIM] = user.token_epoch
    return {"access": str(refresh.access_token), "refresh": str(refresh)}
