# @summary Names of metrics, as `dropsonde list` shows them.
type Dropsonde::Metrics = Array[Pattern[/\A[a-z][a-z0-9_]*\z/]]
