"""Pages of the ground floor: sign-in, setting up the owner, and errors."""

import sys
from typing import Any

from django import forms
from django.contrib.auth import login, logout, password_validation
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.mixins import PermissionRequiredMixin as _PermissionRequired
from django.core.signing import BadSignature, TimestampSigner
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView, TemplateView

from promura_site import events, services, sign_in
from promura_site.api.errors import fault_body, json_failure
from promura_site.api.parsers import has_unstorable
from promura_site.errors import DomainError
from promura_site.models import User
from promura_site.zones import agency_zone, validate_zone, zone_names

SETUP_LINK_SECONDS = 24 * 3600
_setup_signer = TimestampSigner(salt="promura_site.setup")


class StorableCharField(forms.CharField):
    """Text that any database can hold."""

    def validate(self, value: str) -> None:
        """Refuse NUL and lone surrogates."""
        super().validate(value)
        if value and has_unstorable(value):
            raise forms.ValidationError("This text has characters we cannot store.")


class SignInForm(forms.Form):
    """A name and a password."""

    username = StorableCharField(max_length=150)
    password = StorableCharField(max_length=1000, strip=False)


class SetupForm(forms.Form):
    """The first person of an installation."""

    username = forms.CharField(max_length=150, validators=[User.username_validator])
    full_name = StorableCharField(max_length=150, required=False)
    password = StorableCharField(max_length=1000, strip=False)
    timezone = forms.CharField(max_length=64, validators=[validate_zone])

    def clean_password(self) -> str:
        """Hold the password against the usual rules."""
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password)
        return password


class PageMixin(LoginRequiredMixin, _PermissionRequired):
    """A page for signed-in people whose level carries `permission_required`."""

    raise_exception = False

    def handle_no_permission(self) -> HttpResponseRedirect:
        """Send strangers to the sign-in page, refuse people without the level."""
        self.raise_exception = self.request.user.is_authenticated  # type: ignore[attr-defined]
        return super().handle_no_permission()


class Page(PageMixin, TemplateView):
    """A plain page."""


@method_decorator([never_cache, sensitive_post_parameters("password")], "dispatch")
class SignInPage(FormView):
    """Where people sign in; the admin sends them here too."""

    template_name = "promura_site/sign_in.html"
    form_class = SignInForm

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Send on whoever is signed in already."""
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Return where the person wanted to go, if that is on this site."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(
            wanted, {self.request.get_host()}, self.request.is_secure()
        ):
            return wanted
        return resolve_url("today")

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Sign in, or show on the form why not."""
        try:
            user = sign_in.check_credentials(self.request, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
            response = self.form_invalid(form)
            response.status_code = refusal.status
            return response
        login(self.request, user, "django.contrib.auth.backends.ModelBackend")
        events.emit(
            "person.signed_in",
            actor=user,
            kind="user",
            ids=[user.pk],
            message="signed in",
        )
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Keep the address to go to afterwards."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        return super().get_context_data(next=wanted, **kwargs)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Send programs that guess the icon's address to where it is."""
    return redirect(static("promura_site/mark.svg"))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    logout(request)
    return redirect("sign-in")


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session and token of the person."""
    services.sign_out_everywhere(request.user)  # type: ignore[arg-type]
    logout(request)
    return redirect("sign-in")


def setup_token() -> str:
    """Return the token of a link that sets up the owner, good for a day."""
    return _setup_signer.sign("owner")


@method_decorator([never_cache, sensitive_post_parameters("password")], "dispatch")
class SetupPage(FormView):
    """The one-time link of an empty installation."""

    template_name = "promura_site/setup.html"
    form_class = SetupForm

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Open only with a fresh token, while there is nobody yet."""
        try:
            _setup_signer.unsign(kwargs["token"], max_age=SETUP_LINK_SECONDS)
        except BadSignature:
            raise Http404 from None
        if User.objects.exists():
            return redirect("sign-in")
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        """Offer the agency's zone."""
        return {"timezone": agency_zone()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the known zones."""
        return super().get_context_data(zones=sorted(zone_names()), **kwargs)

    def form_valid(self, form: SetupForm) -> HttpResponse:
        """Make the owner and sign them in."""
        try:
            user = services.set_up_owner(**form.cleaned_data)
        except DomainError:
            return redirect("sign-in")
        login(self.request, user, "django.contrib.auth.backends.ModelBackend")
        return redirect("today")


def _error(
    request: HttpRequest, status: int, title: str, message: str, code: str
) -> HttpResponse:
    if request.path_info.startswith("/api/") or request.path_info == "/api":
        return json_failure(request, status, message, code)
    body = render_to_string(
        "promura_site/error.html",
        {"status": status, "title": title, "message": message},
    )
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that could not be read."""
    message = "The request could not be read."
    return _error(request, 400, "That did not arrive", message, "bad_request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody whose level is not enough."""
    message = "Your level does not allow this. Ask an admin of your agency."
    return _error(request, 403, "Not yours to open", message, "permission_denied")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address."""
    message = "There is nothing at this address."
    return _error(request, 404, "Nothing here", message, "not_found")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old."""
    message = "This page is out of date. Reload it and try again."
    return _error(request, 403, "Please reload", message, "csrf_failed")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected fault, with an id to quote and no traceback."""
    error = sys.exc_info()[1] or RuntimeError("unknown")
    body = fault_body(error)
    if request.path_info.startswith("/api"):
        return JsonResponse(body, status=500)
    page = render_to_string(
        "promura_site/error.html",
        {
            "status": 500,
            "title": "Something broke",
            "message": "It has been written down. Try again in a moment.",
            "fault_id": body["id"],
        },
    )
    return HttpResponse(page, status=500)
