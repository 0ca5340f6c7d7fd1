"""RQ: jobs that are put into queues here and done by its workers, real processes, in RESP2 and RESP3.

Usage: rq_workers.py --port PORT [--host HOST]

RQ from 2.0 on keeps results in streams. This is 1.16, which has another way for servers that have none (`PlainJob`).
No scheduler runs, as its locks are scripts.
"""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import harness
import rq
from harness import check, equal, eventually
from rq.command import send_shutdown_command, send_stop_job_command
from rq.job import Dependency, JobStatus
from rq_jobs import PlainJob, add, fail, fail_once, hold, note, remember_success

HERE = os.path.dirname(os.path.abspath(__file__))
PROCESS_SECONDS = 30


def queue(target, name="default"):
    return rq.Queue(name, connection=target.client(), job_class=PlainJob)


@contextmanager
def worker(target, *arguments):
    """A worker as one starts it from a shell. What is left of it afterwards, its work horses too, is ended."""
    url = f"redis://{target.host}:{target.port}/0?protocol={target.protocol}"
    command = [os.path.join(os.path.dirname(sys.executable), "rq"), "worker", "--url", url, "--quiet",
               "--job-class", "rq_jobs.PlainJob", *arguments]
    process = subprocess.Popen(command, cwd=HERE, env={**os.environ, "PYTHONPATH": HERE}, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def work_off(target, *queues):
    """Lets a worker do all that is there to do."""
    with worker(target, "--burst", *queues) as process:
        equal(process.wait(PROCESS_SECONDS), 0)


def has_status(job, wanted):
    return lambda: job.get_status(refresh=True) == wanted


@check
def jobs_are_done_in_burst_mode(target):
    q = queue(target)
    jobs = [q.enqueue(add, number, 1, times=2) for number in range(5)]
    equal((len(q), jobs[0].get_status(), jobs[0].get_position()), (5, JobStatus.QUEUED, 0))
    equal(q.job_ids, [job.id for job in jobs])
    work_off(target, "default")
    equal([job.return_value(refresh=True) for job in jobs], [2, 4, 6, 8, 10])
    equal({job.get_status() for job in jobs}, {JobStatus.FINISHED})
    equal((len(q), q.finished_job_registry.count, q.started_job_registry.count), (0, 5, 0))
    equal(0 < q.connection.ttl(jobs[0].key) <= 500, True)
    equal(rq.Worker.all(connection=q.connection), [])


@check
def failures_are_kept_and_done_again(target):
    q = queue(target)
    lost, mended = q.enqueue(fail, "this one"), q.enqueue(fail_once)
    retried = q.enqueue(fail_once, retry=rq.Retry(max=1))
    work_off(target, "default")
    equal((lost.get_status(), retried.get_status()), (JobStatus.FAILED, JobStatus.FINISHED))
    lost.refresh()
    equal("ValueError: this one" in lost.exc_info, True)
    equal(retried.return_value(refresh=True), "the second time")
    registry = q.failed_job_registry
    equal(set(registry.get_job_ids()), {lost.id, mended.id})
    registry.requeue(mended.id)
    registry.remove(lost, delete_job=True)
    work_off(target, "default")
    equal((mended.return_value(refresh=True), registry.count), ("the second time", 0))
    equal(PlainJob.exists(lost.id, q.connection), False)


@check
def queues_have_priorities_and_jobs_depend_on_others(target):
    low, high = queue(target, "low"), queue(target, "high")
    first = low.enqueue(note, "first", job_id="first")
    low.enqueue(note, "third", depends_on=Dependency(jobs=[first, low.enqueue(note, "second")]))
    low.enqueue(note, "in front of all low ones", at_front=True)
    high.enqueue(note, "high")
    low.enqueue(note, "never").cancel()
    low.enqueue(add, 1, 2, job_id="sum", on_success=rq.Callback(remember_success))
    equal(low.deferred_job_registry.count, 1)
    work_off(target, "high", "low")
    notes = [text.decode() for text in low.connection.lrange("notes", 0, -1)]
    equal(notes, ["high", "in front of all low ones", "first", "second", "sum=3", "third"])
    equal((low.deferred_job_registry.count, low.canceled_job_registry.count), (0, 1))


@check
def a_worker_that_waits_is_woken(target):
    q = queue(target)
    r = q.connection
    with worker(target, "default", "--name", "waiting") as process:
        for number in range(3):
            eventually(lambda: r.info("clients")["blocked_clients"] == 1, "a worker that waits")
            job = q.enqueue(add, number, number)
            eventually(has_status(job, JobStatus.FINISHED), "the end of the job")
            equal(job.return_value(refresh=True), 2 * number)
        [known] = rq.Worker.all(queue=q)
        equal((known.name, known.pid, known.successful_job_count), ("waiting", process.pid, 3))
        send_shutdown_command(r, "waiting")
        equal(process.wait(PROCESS_SECONDS), 0)


@check
def a_running_job_is_stopped_by_a_message(target):
    q = queue(target)
    with worker(target, "default", "--name", "holding") as process:
        job = q.enqueue(hold)
        q.connection.blpop("running", harness.PATIENCE_SECONDS - 1)
        equal((job.get_status(), job.is_started), (JobStatus.STARTED, True))
        eventually(lambda: q.connection.pubsub_channels("rq:pubsub:*") == [b"rq:pubsub:holding"], "a listening worker")
        job.refresh()
        send_stop_job_command(q.connection, job.id)
        eventually(has_status(job, JobStatus.STOPPED), "the end of the job")
        equal(job.id in q.failed_job_registry, True)
        after = q.enqueue(add, 1, 1)
        eventually(has_status(after, JobStatus.FINISHED), "the job behind it")
        process.send_signal(signal.SIGTERM)
        equal(process.wait(PROCESS_SECONDS), 0)


@check
def workers_share_a_queue(target):
    q = queue(target)
    with worker(target, "default"), worker(target, "default"), worker(target, "default"):
        eventually(lambda: rq.Worker.count(queue=q) == 3, "three workers")
        q.enqueue_many([rq.Queue.prepare_data(note, (number,)) for number in range(30)])
        eventually(lambda: q.finished_job_registry.count == 30, "the end of 30 jobs")
        notes = sorted(int(text) for text in q.connection.lrange("notes", 0, -1))
        equal(notes, list(range(30)))


if __name__ == "__main__":
    sys.exit(harness.main())
