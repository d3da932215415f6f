from rampart_openfeature.exposures import AGAIN_AFTER, Exposure, ExposureMemory

ONE, TWO, THREE = (Exposure(unit, "e", "treatment") for unit in ("u1", "u2", "u3"))


def test_once_an_hour() -> None:
    memory = ExposureMemory()
    assert memory.is_due(ONE, 0)
    assert not memory.is_due(ONE, AGAIN_AFTER - 1)
    assert memory.is_due(ONE, AGAIN_AFTER)
    assert not memory.is_due(ONE, AGAIN_AFTER + 1)


def test_each_unit_experiment_and_variant() -> None:
    memory = ExposureMemory()
    assert memory.is_due(ONE, 0)
    assert memory.is_due(TWO, 0)
    assert memory.is_due(ONE._replace(experiment_id="e2"), 0)
    assert memory.is_due(ONE._replace(variant="control"), 0)


def test_the_oldest_is_forgotten() -> None:
    memory = ExposureMemory(most=2)
    for exposure in (ONE, TWO, THREE):
        assert memory.is_due(exposure, 0)
    assert not memory.is_due(THREE, 1)
    assert not memory.is_due(TWO, 1)
    assert memory.is_due(ONE, 1)


def test_what_was_lost_is_due_again() -> None:
    memory = ExposureMemory()
    assert memory.is_due(ONE, 0)
    memory.forget(ONE)
    assert memory.is_due(ONE, 1)
