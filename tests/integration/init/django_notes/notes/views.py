import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from notes.models import Note


def _shown(note: Note) -> dict[str, object]:
    return {"id": note.pk, "title": note.title, "text": note.text, "pinned": note.pinned}


@login_required
@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest) -> JsonResponse:
    if request.method == "GET":
        found = Note.objects.filter(author=request.user).order_by("pk")
        return JsonResponse([_shown(each) for each in found], safe=False)
    try:
        data = json.loads(request.body)
        note = Note(author=request.user, title=data["title"], text=data.get("text", ""))
    except (ValueError, KeyError) as error:
        return JsonResponse({"error": f"missing: {error}"}, status=400)
    note.save()
    return JsonResponse(_shown(note), status=201)


@login_required
@require_http_methods(["GET", "DELETE"])
def note(request: HttpRequest, number: int) -> JsonResponse:
    found = get_object_or_404(Note, pk=number, author=request.user)
    if request.method == "DELETE":
        found.delete()
        return JsonResponse({}, status=200)
    return JsonResponse(_shown(found))


@login_required
@require_POST
def pin(request: HttpRequest, number: int) -> JsonResponse:
    found = get_object_or_404(Note, pk=number, author=request.user)
    found.pinned = True
    found.save()
    return JsonResponse(_shown(found))
