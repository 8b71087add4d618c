"""The Celery application: Redis where there is one, else a folder that needs no server."""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport import redis as over_redis

from cpor_site.env import Env, load
from cpor_site.schedule import jobs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpor_site.settings")

LONGEST_TASK_SECONDS = 15 * 60

# Whatever a worker had in hand when Redis went away it would put back while it closes the lost
# connection, which fails and ends the worker. A message is a hint; the next one does as well.
over_redis.Channel.do_restore = False


def configuration(env: Env) -> dict[str, object]:
    """Celery's settings for `env`, and the folders that they name."""
    folder = env.var_dir / "celery"
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, object] = {
        "timezone": "UTC",
        "enable_utc": True,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": LONGEST_TASK_SECONDS,
        "task_always_eager": env.is_test,
        "task_eager_propagates": env.is_test,
        "task_default_queue": "cpor",
        "worker_hijack_root_logger": False,
        "worker_prefetch_multiplier": 1,
        "broker_connection_retry_on_startup": True,
        "beat_schedule": {
            job.name: {
                "task": job.task,
                "schedule": job.every,
                # A hint that waited longer than its interval has been replaced by the next one.
                "options": {"expires": job.every.total_seconds()},
            }
            for job in jobs(demo=env.is_demo)
        },
        "beat_schedule_filename": str(folder / "beat-schedule"),
    }
    if env.redis_url:
        return config | {
            "broker_url": env.redis_url,
            "broker_transport_options": {"ack_emulation": False},
        }
    messages, control = folder / "messages", folder / "control"
    for each in (messages, control):
        each.mkdir(exist_ok=True)
    return config | {
        "broker_url": "filesystem://localhost//",
        "broker_transport_options": {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            "store_processed": False,
        },
    }


app = Celery("cpor_site")
app.conf.update(configuration(load()))
app.autodiscover_tasks()
