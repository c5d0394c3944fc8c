"""Addresses of this room."""

from django.urls import path

from ecoredline.web.letters import incoming_views, template_views, views

urlpatterns = [
    path("letters/", views.letter_list, name="letter_list"),
    path("letters/incoming/", incoming_views.incoming_list, name="incoming_list"),
    path("letters/incoming/new/", incoming_views.incoming_new, name="incoming_new"),
    path("letters/incoming/<int:pk>/", incoming_views.incoming_letter, name="incoming_letter"),
    path("letters/new/", views.letter_new, name="letter_kinds"),
    path("letters/new/<slug:kind>/", views.letter_new, name="letter_new"),
    path("letters/templates/", template_views.template_list, name="letter_templates"),
    path("letters/templates/<slug:kind>/", template_views.template_edit, name="letter_template"),
    path(
        "letters/templates/<slug:kind>/preview/",
        template_views.template_preview,
        name="letter_template_preview",
    ),
    path("letters/<int:pk>/", views.letter, name="letter"),
    path("letters/<int:pk>/letter.docx", views.letter_file, name="letter_file"),
    path("letters/<int:pk>/edit/", views.letter_edit, name="letter_edit"),
    path("letters/<int:pk>/<slug:act>/", views.letter_act, name="letter_act"),
]
