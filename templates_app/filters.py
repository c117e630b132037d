"""What lists of templates can be narrowed and ordered by."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from library.models import tag_key
from templates_app.models import PostTemplate, TemplateModel

ORDERINGS = {
    "-usage_count": ("-usage_count", "-created_at"),
    "-created_at": ("-created_at",),
    "-updated_at": ("-updated_at",),
    "-last_used": ("-last_used_or_never",),
    "name": ("name",),
}
DEFAULT_ORDERING = "-usage_count"
_MAX_TAGS = 50
_MAX_WORDS = 10


def check_tags(text: str) -> None:
    """Raise when more tags are asked for than a template can have."""
    if text.count(",") >= _MAX_TAGS:
        raise ValidationError(f"Ask for {_MAX_TAGS} tags at most.")


def check_words(text: str) -> None:
    """Raise when more words are looked for than one query should carry."""
    if len(text.split()) > _MAX_WORDS:
        raise ValidationError(f"Give {_MAX_WORDS} words at most.")


def _tagged(keys: list[str]) -> Exists:
    held = PostTemplate.tags.through.objects.filter(
        posttemplate=OuterRef("pk"), tag__key__in=keys
    )
    return Exists(held)


class TemplateFilter(django_filters.FilterSet):
    """Tags (any of), a model, and words that all have to occur somewhere."""

    tags = django_filters.CharFilter(method="filter_tags", validators=[check_tags])
    model = django_filters.CharFilter(method="filter_model", max_length=60)
    search = django_filters.CharFilter(
        method="filter_search", max_length=200, validators=[check_words]
    )

    class Meta:
        model = PostTemplate
        fields: list[str] = []

    def filter_tags(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep templates with at least one of the tags."""
        keys = [tag_key(" ".join(one.split())) for one in value.split(",")]
        keys = list(filter(None, keys))
        return rows.filter(_tagged(keys)) if keys else rows

    def filter_model(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep templates that name the model."""
        held = TemplateModel.objects.filter(template=OuterRef("pk"), slug=value)
        return rows.filter(Exists(held))

    def filter_search(
        self, rows: QuerySet[Any], name: str, value: str
    ) -> QuerySet[Any]:
        """Keep templates where each word occurs in name, content or a tag."""
        held = PostTemplate.tags.through.objects.filter(posttemplate=OuterRef("pk"))
        for word in value.split():
            tagged = Exists(held.filter(tag__key__contains=tag_key(word)))
            found = Q(name__icontains=word) | Q(content__icontains=word)
            rows = rows.filter(found | Q(tagged))
        return rows
