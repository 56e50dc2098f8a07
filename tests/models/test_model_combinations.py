"""allOf, oneOf, anyOf, discriminators, references: which class a value becomes."""

from typing import Any

import pytest

from macaron_runner.models.build import Models
from tests.support.models import models_of, objects, ref, tagged

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
PET = objects(kind=TEXT, name=TEXT) | {"required": ["kind"]}
NAMES = {"meow": "Cat", "Dog": "Dog", "Pet": "Pet", "Puppy": "Puppy"}
TAG = {
    "discriminator": {"propertyName": "kind", "mapping": {tag: f"#/$defs/{n}" for tag, n in NAMES.items()}}
}


def hierarchy(**more: Any) -> Models:
    return models_of(
        {
            "Kennel": objects(best=ref("Pet"), pets={"type": "array", "items": ref("Pet")}),
            "Puppy": {"allOf": [ref("Dog"), objects(age=WHOLE)]},
            "Cat": {"allOf": [ref("Pet"), objects(purrs={"type": "boolean"})]},
            "Dog": {"allOf": [ref("Pet"), objects(barks=WHOLE) | {"required": ["barks"]}]},
            "Pet": PET | TAG,
            **more,
        }
    )


def test_the_first_reference_of_all_of_is_a_base_class() -> None:
    models = hierarchy()
    assert issubclass(models["Puppy"], models["Dog"])
    assert issubclass(models["Dog"], models["Pet"])
    puppy = models["Puppy"](kind="Puppy", name="Bo", barks=2, age=1)
    assert puppy.to_json() == {"kind": "Puppy", "name": "Bo", "barks": 2, "age": 1}


def test_a_value_typed_as_the_parent_becomes_the_class_its_tag_names() -> None:
    models = hierarchy()
    value = {"best": {"kind": "meow", "purrs": True}, "pets": [{"kind": "Dog", "barks": 1}, {"kind": "Pet"}]}
    kennel = models.adapt(ref("Kennel"))(value)
    assert [type(pet) for pet in (kennel.best, *kennel.pets)] == [models["Cat"], models["Dog"], models["Pet"]]
    assert kennel.to_json() == value


def test_a_reference_to_the_parent_and_its_from_json_look_at_the_tag() -> None:
    models = hierarchy()
    value = {"kind": "Puppy", "barks": 1, "age": 2}
    assert type(models.adapt(ref("Pet"))(value)) is models["Puppy"]
    assert type(models["Pet"].from_json(value)) is models["Puppy"]


def test_from_json_of_a_sub_class_makes_that_sub_class_whatever_the_tag() -> None:
    models = hierarchy()
    for tag in ("Dog", "unheard"):
        assert type(models["Cat"].from_json({"kind": tag})) is models["Cat"]


@pytest.mark.parametrize("tag", ["unheard", None, 3, ["Dog"]])
def test_an_unknown_tag_is_the_parent_itself(tag: Any) -> None:
    models = hierarchy(Pet=objects(kind={}) | TAG)
    assert type(models["Pet"].from_json({"kind": tag})) is models["Pet"]


def test_instances_of_sub_classes_are_taken_as_they_are() -> None:
    models = hierarchy()
    cat = models["Cat"](kind="meow", purrs=True)
    kennel = models["Kennel"](best=cat, pets=[cat])
    assert kennel.best is cat
    assert kennel.to_json()["pets"] == [{"kind": "meow", "purrs": True}]


def test_one_of_with_a_discriminator_takes_the_class_the_tag_names() -> None:
    models = models_of(
        {
            "Cat": objects(**{"pet-kind": TEXT, "a": TEXT}),
            "Dog": objects(**{"pet-kind": TEXT, "a": TEXT}),
            "Pet": {"oneOf": [ref("Cat"), ref("Dog")], **tagged("pet-kind", "Cat", "Dog")},
            "Owner": objects(pet={"anyOf": [{"oneOf": [ref("Pet")]}, {"type": "null"}]}),
        }
    )
    owner = models["Owner"].from_json({"pet": {"pet-kind": "Dog", "a": "x"}})
    assert type(owner.pet) is models["Dog"]
    assert models["Owner"].from_json({"pet": None}).to_json() == {"pet": None}
    assert type(models.adapt(ref("Pet"))({"pet-kind": "Cat"})) is models["Cat"]


def test_alternatives_without_tag_are_told_apart_by_what_they_hold() -> None:
    models = models_of(
        {
            "Cat": objects(meow=TEXT) | {"required": ["meow"]},
            "Dog": objects(bark=TEXT) | {"required": ["bark"]},
            "It": objects(pet={"anyOf": [ref("Cat"), ref("Dog"), TEXT]}),
        }
    )
    kinds = [type(models["It"].from_json({"pet": pet}).pet) for pet in ({"bark": "x"}, {"meow": "x"}, "x")]
    assert kinds == [models["Dog"], models["Cat"], str]


def test_alternatives_are_told_apart_by_constants() -> None:
    arm = {"required": ["kind"]}
    either = {"oneOf": [objects(kind={"const": word}, n=WHOLE) | arm for word in ("a", "b")]}
    models = models_of({"It": objects(it=either)})
    assert type(models["It"].from_json({"it": {"kind": "b"}}).it).__name__ == "ItItChoice2"


def test_properties_of_alternatives_beside_properties_are_optional() -> None:
    schema = objects(id=WHOLE) | {
        "oneOf": [objects(kind={"const": "a"}, x=TEXT) | {"required": ["x"]}, objects(kind={"const": "b"})]
    }
    kind = models_of({"It": schema})["It"]
    assert kind(id=1, kind="b").to_json() == {"id": 1, "kind": "b"}


def test_all_of_merges_types_and_required_properties() -> None:
    models = models_of(
        {
            "A": objects(x={**TEXT, "format": "date"}, n=WHOLE),
            "B": objects(y=TEXT) | {"required": ["y"], "additionalProperties": False},
            "C": {"allOf": [ref("A"), ref("B"), objects(x={"description": "A day."})], "required": ["n"]},
        }
    )
    kind = models["C"]
    assert issubclass(kind, models["A"])
    made = kind.from_json({"x": "2026-01-02", "y": "a", "n": 1})
    assert made.to_json() == {"x": "2026-01-02", "y": "a", "n": 1}
    with pytest.raises(ValueError, match=r"(?s)y.*n|n.*y"):
        kind()


def test_nested_properties_of_all_of_are_merged() -> None:
    merged = {"allOf": [objects(at=objects(a=TEXT)), objects(at=objects(b=TEXT))]}
    made = models_of({"It": merged})["It"].from_json({"at": {"a": "x", "b": "y"}})
    assert (made.at.a, made.at.b) == ("x", "y")


def test_all_of_around_one_reference_is_that_type() -> None:
    models = models_of(
        {
            "Status": {"enum": ["new", "paid"]},
            "At": objects(city=TEXT),
            "It": objects(
                status={"allOf": [ref("Status")], "description": "How far."},
                at={"allOf": [ref("At"), {"description": "Where."}]},
            ),
        }
    )
    made = models["It"].from_json({"status": "new", "at": {"city": "Oslo"}})
    assert type(made.at) is models["At"]


def test_or_null_around_an_object_is_a_class_still() -> None:
    models = models_of(
        {
            "Base": objects(a=TEXT),
            "Child": {"anyOf": [{"allOf": [ref("Base"), objects(b=TEXT)]}, {"type": "null"}]},
            "It": objects(child=ref("Child"), at={"anyOf": [objects(c=TEXT), {"type": "null"}]}),
        }
    )
    assert issubclass(models["Child"], models["Base"])
    assert models["It"].from_json({"child": None, "at": None}).to_json() == {"child": None, "at": None}
    assert models["It"].from_json({"at": {"c": "x"}}).at.c == "x"


def test_what_is_recursive_stays_so() -> None:
    models = models_of(
        {
            "Tree": objects(kids={"type": "array", "items": ref("Tree")}, up=ref("Forest")),
            "Forest": objects(trees={"type": "object", "additionalProperties": ref("Tree")}),
            "Json": {"anyOf": [TEXT, {"type": "array", "items": ref("List")}, {"type": "null"}]},
            "List": {"type": "array", "items": ref("Json")},
            "Day": {"anyOf": [{**TEXT, "format": "date"}, {"type": "array", "items": ref("Day")}]},
        }
    )
    value = {"kids": [{"kids": []}], "up": {"trees": {"a": {"kids": [{}]}}}}
    assert models.adapt(ref("Tree"))(value).to_json() == value
    assert models.adapt(ref("Json"))([["a", None]]) == [["a", None]]
    assert models.adapt(ref("List"))(["a", [["b"]]]) == ["a", [["b"]]]


def test_circles_that_mean_nothing_are_anything() -> None:
    models = models_of(
        {
            "A": ref("B"),
            "B": ref("A"),
            "C": {"allOf": [ref("C"), objects(a=TEXT)]},
            "D": {"allOf": [ref("E")], "properties": {"d": TEXT}},
            "E": {"allOf": [ref("D")], "properties": {"e": TEXT}},
            "Pet": {"oneOf": [ref("Cat")], **tagged("k", "Cat")},
            "Cat": {"allOf": [ref("Pet"), objects(k=TEXT)]},
        }
    )
    models.prepare()
    assert models.adapt(ref("A"))(1) == 1
    assert models["C"](a="x").to_json() == {"a": "x"}
    assert models["Cat"](k="x").to_json() == {"k": "x"}


def test_names_that_stand_for_others_are_seen_through() -> None:
    models = models_of(
        {"Alias": ref("It"), "It": objects(a=TEXT), "Sub": {"allOf": [ref("Alias"), objects(b=TEXT)]}}
    )
    assert models["Alias"] is models["It"]
    assert issubclass(models["Sub"], models["It"])


def test_an_object_beside_other_types_is_one_of_several() -> None:
    models = models_of(
        {"It": objects(a=TEXT) | {"type": ["object", "string", "null"]}, "Has": objects(it=ref("It"))}
    )
    found = [models["Has"].from_json({"it": value}).it for value in ({"a": "x"}, "y", None)]
    assert found == [models["It"](a="x"), "y", None]


def test_what_becomes_a_class_and_what_a_dictionary() -> None:
    models = models_of(
        {
            "Empty": {"type": "object"},
            "Map": {"type": "object", "additionalProperties": WHOLE},
            "Free": {"type": "object", "additionalProperties": True},
            "Patterns": {
                "type": "object",
                "patternProperties": {"^a": ref("Empty")},
                "additionalProperties": False,
            },
        }
    )
    assert models["Empty"]().to_json() == {}
    assert models["Map"] == dict[str, int]
    assert models.adapt(ref("Free"))({"a": 1}) == {"a": 1}
    assert models.adapt(ref("Patterns"))({"a": {}}) == {"a": models["Empty"]()}


def test_schemas_that_are_their_own_alternative_are_anything() -> None:
    models = models_of(
        {
            "A": {"anyOf": [ref("A")]},
            "B": {"oneOf": [ref("B"), TEXT]},
            "C": {"allOf": [ref("D"), {"description": "x"}]},
            "D": {"anyOf": [ref("C"), {"oneOf": [ref("E")]}]},
            "E": {"anyOf": [ref("D"), {"type": "array", "items": ref("E")}]},
            "It": objects(**{name: ref(name) for name in "ABCDE"}),
        }
    )
    models.prepare()
    value = {"A": 1, "B": "x", "C": [[]], "D": [], "E": [["y"]]}
    assert models["It"].from_json(value).to_json() == value


def test_a_class_that_extends_itself_inside_itself_ends_somewhere() -> None:
    again = {"allOf": [ref("It")], "properties": {"it": ref("It"), "n": WHOLE}}
    models = models_of({"It": objects(it=again)})
    value: dict[str, Any] = {"n": 1}
    for _ in range(10):
        value = {"it": value}
    assert models["It"].from_json(value).to_json() == value
    assert len(models) < 10


def test_booleans_among_integers_stay_themselves() -> None:
    adapt = models_of({}).adapt({"enum": [0, 1, True, "a", None]})
    assert [repr(adapt(value)) for value in (1, True, 0, "a", None)] == ["1", "True", "0", "'a'", "None"]
