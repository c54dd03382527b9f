"""The names that SIMs, buckets and jobs are told apart by, in the database and on the wire."""

from typing import Literal

SimStatus = Literal["ordered", "shipped", "active", "suspended", "reissuing", "terminated", "error"]
"""発注済, 出荷済, 開通済, 一時停止中, 再発行, 解約, 異常終了."""

SimType = Literal["card", "esim"]

ServiceType = Literal["data", "mobile_choice"]
"""モバイルデータSIMサービス(R), モバイルチョイス“050” × データSIM."""

BucketKind = Literal["plan", "recharge", "group"]
JobState = Literal["waiting", "started", "done", "failed", "obsolete", "cancelled"]
