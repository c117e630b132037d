"""Bearer tokens that end when their person signs out everywhere."""

from typing import TYPE_CHECKING, cast

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


def issue_tokens(user: "User") -> dict[str, str]:
    """Return a fresh `{access, refresh}` pair that carries the person's epoch."""
    refresh = RefreshToken.for_user(user)
    refresh[EPOCH_CLAIM] = user.token_epoch
    return {"access": str(refresh.access_token), "refresh": str(refresh)}
