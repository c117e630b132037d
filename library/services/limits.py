"""What an upload may be, as the settings have it."""

from django.conf import settings

from library.files import Limits


def upload_limits() -> Limits:
    """Return the limits of this installation."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_image_pixels=settings.UPLOAD_MAX_PIXELS,
    )
