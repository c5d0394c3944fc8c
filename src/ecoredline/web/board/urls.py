"""Addresses of this room."""

from django.urls import path, re_path

from ecoredline.web.board import annual_views, views

urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("board/", views.board, name="board"),
    path("board/funnel/", views.funnel, name="funnel"),
    path("board/items/", views.board_items, name="board_items"),
    re_path(r"^board/(?P<what>board|funnel)\.xlsx$", views.board_xlsx, name="board_xlsx"),
    path("board/annual/", annual_views.annual_report, name="annual_report"),
    path("board/annual.docx", annual_views.annual_docx, name="annual_docx"),
]
