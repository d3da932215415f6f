from rampart_openfeature.exposure_memory import REPEAT_AFTER, Exposure, ExposureMemory

FIRST, SECOND, THIRD = (Exposure(unit, "e", "treatment") for unit in ("u1", "u2", "u3"))


def test_an_exposure_is_due_once_an_hour() -> None:
    memory = ExposureMemory()
    assert memory.is_due(FIRST, 0)
    assert not memory.is_due(FIRST, REPEAT_AFTER - 1)
    assert memory.is_due(FIRST, REPEAT_AFTER)
    assert not memory.is_due(FIRST, REPEAT_AFTER + 1)


def test_units_experiments_and_variants_are_separate() -> None:
    memory = ExposureMemory()
    assert memory.is_due(FIRST, 0)
    assert memory.is_due(SECOND, 0)
    assert memory.is_due(FIRST._replace(experiment_id="e2"), 0)
    assert memory.is_due(FIRST._replace(variant="control"), 0)


def test_the_oldest_is_forgotten() -> None:
    memory = ExposureMemory(capacity=2)
    for exposure in (FIRST, SECOND, THIRD):
        assert memory.is_due(exposure, 0)
    assert not memory.is_due(THIRD, 1)
    assert not memory.is_due(SECOND, 1)
    assert memory.is_due(FIRST, 1)


def test_a_dropped_exposure_is_due_again() -> None:
    memory = ExposureMemory()
    assert memory.is_due(FIRST, 0)
    memory.forget(FIRST)
    assert memory.is_due(FIRST, 1)
