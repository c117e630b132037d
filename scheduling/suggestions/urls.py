"""Addresses of the suggestions' API."""

from django.urls import URLPattern, path

from scheduling.suggestions import views

urlpatterns: list[URLPattern] = [
    path("api/scheduling/suggestions", views.SuggestionsView.as_view()),
    path("api/scheduling/free-times", views.FreeTimesView.as_view()),
    path("api/scheduling/insights", views.InsightsView.as_view()),
    path("api/scheduling/heatmap", views.HeatmapView.as_view()),
    path("api/scheduling/realised", views.RealisedView.as_view()),
]
