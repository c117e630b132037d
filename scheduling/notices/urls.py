"""Addresses of notices: the API and the pages."""

from django.urls import URLPattern, path

from scheduling.notices import views
from scheduling.notices.pages import NoticesPage, SettingsPage, Unread

urlpatterns: list[URLPattern] = [
    path("api/notices", views.NoticeViewSet.as_view({"get": "list"})),
    path("api/notices/read", views.NoticeViewSet.as_view({"post": "read"})),
    path("api/notices/preferences", views.PreferencesView.as_view()),
    path("api/notices/test", views.SendTestView.as_view()),
    path("api/notices/on-call", views.OnCallView.as_view()),
    path("notices", NoticesPage.as_view(), name="notices"),
    path("notices/settings", SettingsPage.as_view(), name="notice-settings"),
    path("notices/unread", Unread.as_view(), name="notices-unread"),
]
