"""Whatever a file holds, the guard answers with a plan or with reasons that point into it."""

from __future__ import annotations

from hypothesis import example, given, settings

from ext.fuzzing import queries

REST = " AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY "


@settings(deadline=None)
@given(queries.texts())
@example(f"{queries.HEAD}SELECT SPLIT(version, '.')[0]{REST}v")
@example(f"{queries.HEAD}SELECT {'9' * 5000}{REST}v")
@example(f"{queries.HEAD}SELECT version{REST}{'9' * 5000}")
@example(f"{queries.HEAD}SELECT version{REST}v LIMIT f('' => 1)")
@example("SELECT version AS v FROM modules JOIN MOD('.', version) GROUP BY v")
def test_a_plan_or_reasons(text: str) -> None:
    queries.check(text)
