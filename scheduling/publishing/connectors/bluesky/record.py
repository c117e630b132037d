"""The record that a post becomes.

Importing this loads atproto, whose models are the platform's lexicons: what does not
fit them is found before it is sent.
"""

import re
from collections.abc import Sequence
from typing import Any

from atproto_client.exceptions import ModelError
from atproto_client.models import (
    AppBskyFeedPost,
    ComAtprotoRepoCreateRecord,
)
from atproto_client.models.utils import get_model_as_dict, get_model_as_json
from pydantic import ValidationError

from scheduling.publishing.connectors.base import (
    MediaFile,
    PublishError,
    PublishRequest,
    utc_text,
)
from scheduling.publishing.connectors.bluesky.facets import Resolve, facets_of
from scheduling.publishing.connectors.bluesky.xrpc import COLLECTION

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def create_call_body(
    request: PublishRequest,
    did: str,
    blobs: Sequence[dict[str, Any]],
    resolve: Resolve,
) -> bytes:
    """Return the body of createRecord, the same for every attempt.

    Raises PublishError. Only a handle that changes hands in between makes a
    difference, and a record that is there is never written over.
    """
    try:
        record = _record(request, blobs, resolve)
        data = ComAtprotoRepoCreateRecord.Data(
            repo=did, collection=COLLECTION, rkey=request.record_key, record=record
        )
        return get_model_as_json(data).encode()
    except (ModelError, ValidationError) as error:
        message = "This post cannot be made into a Bluesky post."
        raise PublishError(message, permanent=True, code="refused") from error


def _record(
    request: PublishRequest, blobs: Sequence[dict[str, Any]], resolve: Resolve
) -> AppBskyFeedPost.Record:
    facets = facets_of(request.content, resolve)
    values: dict[str, Any] = {
        "$type": COLLECTION,
        "text": request.content,
        # When it goes out first, so that a post that had to wait is not listed below
        # what came in the meantime.
        "createdAt": utc_text(request.first_attempt_at),
    }
    if facets:
        values["facets"] = [get_model_as_dict(facet) for facet in facets]
    if _LANGUAGE.fullmatch(request.language):
        values["langs"] = [request.language]
    if blobs:
        values["embed"] = _embed(request.media, blobs)
    return AppBskyFeedPost.Record.model_validate(values)


def _embed(
    media: Sequence[MediaFile], blobs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    first = media[0]
    if first.is_video:
        clip = {"$type": "app.bsky.embed.video", "video": blobs[0], **_shape(first)}
        return {**clip, "alt": first.alt_text} if first.alt_text else clip
    return {
        "$type": "app.bsky.embed.images",
        "images": [
            {"image": blob, "alt": item.alt_text, **_shape(item)}
            for item, blob in zip(media, blobs, strict=True)
        ],
    }


def _shape(item: MediaFile) -> dict[str, Any]:
    if not (item.width and item.height):
        return {}
    return {"aspectRatio": {"width": item.width, "height": item.height}}
