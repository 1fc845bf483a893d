"""The whole story of the ferry line, from its first day to the present."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from apps.core.actor import job
from apps.core.clock import now
from apps.desk.demo import estate, happenings, histories, past, told_time
from apps.desk.demo.approach import approach_plot
from apps.desk.demo.cast import SEED, Cast, gather
from apps.desk.demo.model_reviews import review_plot
from apps.desk.demo.plots import release_plot
from apps.desk.demo.script import plans
from apps.desk.demo.story import Story, drain
from apps.discovery.actions import look_for_relationships
from apps.release_models import actions as release_models

FIRST_DAY = timedelta(days=400)


def found(at: datetime, *, health_url: str) -> Cast:
    """The first day: people come, the estate is entered, the models are published."""
    with told_time.at(at):
        cast = gather()
        estate.build(cast.rosa, health_url=health_url)
        histories.enter_lines(cast.rune)
        release_models.load_library(by=SEED)
        histories.publish_model()
        drain()
    return cast


def tell(
    *,
    health_url: str,
    clocks: Iterable[Callable[[], object]] = (),
    on_scene: Callable[[datetime], None] = lambda _: None,
    with_histories: bool = True,
) -> int:
    """Tell all of it. Returns how many scenes were played."""
    present = now().replace(minute=0, second=0, microsecond=0)
    cast = found(present - FIRST_DAY, health_url=health_url)
    story = Story(present=now(), clocks=clocks)
    for plan in plans(present):
        story.add(release_plot(cast, plan))
    for plot in (*past.plots(cast, present), *happenings.plots(cast, present)):
        story.add(plot)
    story.add(review_plot(cast, present))
    story.add(approach_plot(cast, present))
    for plot in histories.history_plots(cast, present) if with_histories else ():
        story.add(plot)
    scenes = story.tell(on_scene)
    look_for_relationships(at=now(), by=job("discovery"))
    drain()
    return scenes
