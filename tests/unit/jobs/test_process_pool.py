"""Processes that share the audit out: the same answers in the same order, and no silence."""

from __future__ import annotations

import os

import pytest

from survey.disclosure.audit.solver import SolverError
from survey.disclosure.certify import certify_task
from survey.disclosure.policy import STANDARD
from survey.jobs.process_pool import PoolError, ProcessPool
from tests.unit.disclosure.one_table import task_of
from tests.unit.disclosure.schools import counted
from tests.unit.jobs import pool_tasks
from tests.unit.jobs.pool_tasks import Sized


def test_answers_come_in_the_order_of_the_tasks() -> None:
    with ProcessPool(2) as pool:
        assert list(pool.each(pool_tasks.slow_when_small, range(20))) == list(range(20))


def test_the_largest_is_begun_first() -> None:
    tasks = [Sized(0, 1), Sized(1, 5), Sized(2, 9)]
    with ProcessPool(1) as pool:
        found = list(pool.each(pool_tasks.when, tasks))
    assert [number for number, _ in found] == [0, 1, 2]
    assert found[2][1] < found[1][1] < found[0][1]


def test_an_error_of_a_task_is_raised_as_it_is_and_the_others_go_on() -> None:
    with ProcessPool(2) as pool:
        answers = pool.each(pool_tasks.refuse, range(5))
        assert [next(answers), next(answers)] == [0, 1]
        with pytest.raises(SolverError, match="not certain of 2"):
            next(answers)
        assert list(pool.each(pool_tasks.square, [3, 4])) == [9, 16]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_process_that_vanishes_is_an_error_and_no_missing_answer(processes: int) -> None:
    with ProcessPool(processes) as pool, pytest.raises(PoolError, match="ended early"):
        list(pool.each(pool_tasks.vanish, range(6)))


def test_what_is_printed_does_not_disturb_the_answers() -> None:
    with ProcessPool(2) as pool:
        assert list(pool.each(pool_tasks.talk, range(50))) == list(range(50))


def test_its_processes_end_with_it() -> None:
    with ProcessPool(2) as pool:
        here = set(pool.each(pool_tasks.process_id, range(12)))
    assert os.getpid() not in here
    for process in here:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_its_processes_end_also_after_an_error() -> None:
    with ProcessPool(1) as pool:
        (process,) = pool.each(pool_tasks.process_id, [0])
        with pytest.raises(PoolError):
            list(pool.each(pool_tasks.vanish, [1]))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_process_knows_neither_the_web_nor_the_database() -> None:
    with ProcessPool(1) as pool:
        assert next(iter(pool.each(pool_tasks.loaded, [0]))) == []


def test_tables_are_certified_as_they_would_be_here() -> None:
    table = counted({("7", "girl"): (30, 20, 3), ("8", "boy"): (25, 30, 0)})
    tasks = [task_of(table, STANDARD, 108, start) for start in (0, 3)]
    with ProcessPool(2) as pool:
        assert list(pool.each(certify_task, tasks)) == [certify_task(task) for task in tasks]
