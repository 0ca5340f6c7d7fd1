"""The jobs that `rq_workers.py` has done, and the kind of job that they are. Workers import this by name."""

from rq import get_current_job
from rq.job import Job


class PlainJob(Job):
    """A job that keeps its result in its hash, as RQ does on servers without streams."""

    supports_redis_streams = False


def add(one, two, *, times=1):
    return (one + two) * times


def fail(text):
    raise ValueError(text)


def fail_once():
    """Fails when it is run for the first time."""
    job = get_current_job()
    if job.connection.incr(f"runs:{job.id}") == 1:
        raise RuntimeError("the first time")
    return "the second time"


def note(text):
    """Leaves a line in the list `notes`."""
    get_current_job().connection.rpush("notes", text)


def hold():
    """Says that it runs, and waits for a word that never comes."""
    connection = get_current_job().connection
    connection.rpush("running", "1")
    connection.blpop("never", 60)


def remember_success(job, connection, result):
    """A callback: leaves what a job returned in the list `notes`."""
    connection.rpush("notes", f"{job.id}={result}")
