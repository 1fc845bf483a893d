"""What the house promises about its actions, steps and charts, read from the running code."""

import inspect
from importlib import import_module, metadata
from importlib.util import find_spec

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import CheckConstraint
from django_fsm import TransitionNotAllowed

from apps.core import moves
from apps.core.actor import job
from apps.core.charts import charts
from apps.core.lifecycle import Lifecycle, available_steps, status_constraint, status_field, steps_of
from apps.core.steps import StepForm
from tests.charts.models import Sluice

HOUSE = [config.name for config in apps.get_app_configs() if config.name.startswith("apps.")]
WITH_ACTIONS = [name for name in HOUSE if name != "apps.core" and find_spec(f"{name}.actions")]


def _is_deed(thing: object, package: str) -> bool:
    return inspect.isfunction(thing) and thing.__module__.startswith(f"{package}.actions")


def _faults(deed) -> list[str]:
    """A deed is called by keywords only and is fully typed."""
    asked = inspect.signature(deed).parameters.values()
    faults = [f"{one.name} is positional" for one in asked if one.kind is one.POSITIONAL_OR_KEYWORD]
    faults += [
        f"{one.name} has no type" for one in asked if one.annotation is one.empty and one.kind is one.KEYWORD_ONLY
    ]
    if inspect.signature(deed).return_annotation is inspect.Signature.empty:
        faults.append("the result has no type")
    return faults


@pytest.mark.parametrize("package", WITH_ACTIONS)
def test_deeds_are_called_by_name_and_are_typed(package):
    actions = import_module(f"{package}.actions")
    exported = {
        name: thing for name, thing in vars(actions).items() if not name.startswith("_") and _is_deed(thing, package)
    }
    faults = {name: said for name, deed in exported.items() if (said := _faults(deed))}
    assert not faults, faults


def test_a_careless_deed_is_caught():
    def start(release, *, note, by: object): ...

    assert _faults(start) == ["release is positional", "note has no type", "the result has no type"]


# --- every person's step can be taken by hand ----------------------------------------------------------------------------


def _step_forms() -> dict[type, dict[str, type[StepForm]]]:
    """Every `…_STEPS` dict of the apps' forms, under the model whose steps it names."""
    found = {}
    for package in HOUSE:
        if not find_spec(f"{package}.forms"):
            continue
        for name, forms in vars(import_module(f"{package}.forms")).items():
            if not name.endswith("_STEPS"):
                continue
            for model in apps.get_app_config(package.rpartition(".")[2]).get_models():
                steps = {step.name for step in steps_of(model)} if issubclass(model, Lifecycle) else set()
                if steps and set(forms) <= steps and _named_after(name, model):
                    found[model] = forms
    return found


def _named_after(name: str, model: type) -> bool:
    return name.removesuffix("_STEPS").replace("_", "").lower() in model.__name__.lower()


@pytest.mark.parametrize("model", charts(), ids=lambda model: model._meta.label_lower)
def test_every_persons_step_has_its_form(model):
    persons = {step.name for step in steps_of(model) if not step.is_consequence}
    forms = _step_forms().get(model, {})
    missing = persons - set(forms)
    assert not missing, f"{model._meta.label}: no StepForm for {sorted(missing)}"
    for name, form in forms.items():
        assert form.action is not None, f"{model._meta.label}: the form of {name} calls no action"


@pytest.mark.parametrize("model", charts(), ids=lambda model: model._meta.label_lower)
def test_every_step_says_what_it_does_and_every_guard_what_it_wants(model):
    for step in steps_of(model):
        assert step.help, f"{model._meta.label}.{step.name} has no docstring"
        for guard in step.guards:
            assert inspect.getdoc(guard), f"the guard {guard.__name__} has no docstring"


@pytest.mark.parametrize("model", charts(), ids=lambda model: model._meta.label_lower)
def test_the_database_knows_every_word_of_the_chart(model):
    field = status_field(model)
    words = {value for value, _ in field.flatchoices}
    checks = [one.condition for one in model._meta.constraints if isinstance(one, CheckConstraint)]
    held = [set(one.children[0][1]) for one in checks if len(one) == 1 and one.children[0][0] == f"{field.name}__in"]
    assert words in held, f"{model._meta.label}: use {status_constraint.__name__}()"


# Records of work that may be asked for again whenever somebody wants; what they belong to ends instead.
NEVER_DONE_FOR_GOOD = {
    "releases.Check",  # any → pending again, as a new check run; it rests with its release
    "notifications.Message",  # a message may be sent once more
}


@pytest.mark.parametrize("model", charts(), ids=lambda model: model._meta.label_lower)
def test_every_road_leads_to_an_end_and_no_end_is_left(model):
    """Law 4: from every state some end state can be reached; no end state can be left."""
    words = {value for value, _ in status_field(model).flatchoices}
    roads = {word: {step.target for step in steps_of(model) if word in step.sources} - {word} for word in words}
    ends = {word for word, onward in roads.items() if not onward}
    if model._meta.label in NEVER_DONE_FOR_GOOD:
        assert not ends, f"{model._meta.label} does end: take it from the list"
        return
    reaching = set(ends)
    while more := {word for word, onward in roads.items() if onward & reaching} - reaching:
        reaching |= more
    assert ends, f"{model._meta.label} never ends"
    assert reaching == words, f"{model._meta.label} is caught in {sorted(words - reaching)}"


def test_the_page_of_charts_is_what_the_code_says():
    call_command("lifecycles", "--check")


@pytest.mark.django_db
def test_the_migrations_are_what_the_models_say():
    call_command(
        "makemigrations",
        *[config.label for config in apps.get_app_configs() if config.name in HOUSE],
        check=True,
        dry_run=True,
    )


# --- the library behind the charts, and its traps --------------------------------------------------------------------------


def test_the_installed_library_is_the_maintained_one():
    """`django-fsm` and `django-fsm-2` share a module name and overwrite each other's files."""
    owners = metadata.packages_distributions()["django_fsm"]
    assert set(owners) == {"django-fsm-2"}
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.distribution("django-fsm")


@pytest.mark.django_db
class TestTraps:
    """Defects of django-fsm-2 4.2.4 that the house is guarded against, each as it was found."""

    def test_a_new_record_cannot_begin_in_the_middle_of_its_chart(self):
        """The library lets a constructor set a protected status."""
        with pytest.raises(TypeError, match="begins as shut"):
            moves.create(Sluice(key="NORTH", status="scrapped"), by=job())
        assert not Sluice.objects.exists()

    def test_a_person_without_the_permission_is_refused_although_the_bare_call_would_pass(self, django_user_model):
        """The library never asks `permission=` when a step is called."""
        guest = django_user_model.objects.create(username="guest_gus", email="gus@example.org")
        sluice = moves.create(Sluice(key="NORTH"), by=job())
        [step] = [one for one in available_steps(sluice, guest) if one.name == "turn_up"]
        assert not step.permitted
        assert not step.allowed

    def test_a_deleted_row_does_not_lift_the_protection_of_the_whole_process(self):
        """`refresh_from_db()` of a deleted row raises and leaves `protected = False` on the class for ever."""
        gone = moves.create(Sluice(key="NORTH"), by=job())
        moves.remove(Sluice.objects.get(), by=job())
        with pytest.raises(Sluice.DoesNotExist):
            gone.refresh_from_db()
        other = moves.create(Sluice(key="SOUTH"), by=job())
        with pytest.raises(AttributeError):
            other.status = "open"

    def test_a_step_whose_body_fails_writes_nothing(self, monkeypatch):
        """The library's admin calls a body a second time on TypeError; ours is called once and all of it is undone."""
        sluice = moves.create(Sluice(key="NORTH"), by=job())
        calls = []

        def refuse(*args, **kwargs):
            calls.append(1)
            raise TypeError("jammed")

        monkeypatch.setattr(moves, "_save", refuse)
        with pytest.raises(TypeError, match="jammed"):
            moves.move(sluice, "turn_up", by=job())
        assert (len(calls), Sluice.objects.get().status) == (1, "shut")

    def test_a_bare_call_outside_the_write_path_is_caught_by_the_guard_at_least(self):
        sluice = moves.create(Sluice(key="NORTH", oiled=False), by=job())
        with pytest.raises(TransitionNotAllowed):
            sluice.turn_up()
