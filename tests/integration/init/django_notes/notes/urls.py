from django.urls import path

from notes import views

urlpatterns = [
    path("notes/", views.notes),
    path("notes/<int:number>/", views.note),
    path("notes/<int:number>/pin/", views.pin),
]
