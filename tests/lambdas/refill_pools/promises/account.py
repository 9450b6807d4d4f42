"""The account that the function finds, made of models: each call can be delayed behind another run's, or fail."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.lambdas.refill_pools.promises.ipam import Ipam
from tests.lambdas.refill_pools.promises.table import Tables, error

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence


class ProcessEndedError(BaseException):
    """The function's process ends here: nothing of its code can catch it."""


class Account:
    """EC2, DynamoDB and the rest, as one function's clients.

    `trouble` says which call goes wrong, and how: by its place among all calls, or among those of one operation.
    """

    def __init__(self, chance: random.Random) -> None:
        self.ipam = Ipam(chance)
        self.tables = Tables()
        self.messages: list[dict[str, Any]] = []
        self.provisioned: list[dict[str, Any]] = []
        self.before_provision: Callable[[dict[str, Any]], None] = lambda _: None
        self.trouble: dict[int | tuple[str, int], str] = {}
        self.calls = 0
        self.counted: Counter[str] = Counter()
        self._together: Together | None = None

    def client(self, service: str, *_: object) -> Any:
        """What stands for boto3's client."""
        return Client(self, service)

    def call(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        """Answer one call: let others go first, fail before or after it where that is its turn."""
        if self._together is not None:
            self._together.let_others_go()
        self.calls += 1
        self.counted[operation] += 1
        trouble = self.trouble.get(self.calls) or self.trouble.get((operation, self.counted[operation]), "")
        self._raise(trouble, "before", operation)
        answer = self._answer(service, operation, request)
        self._raise(trouble, "after", operation)
        return answer

    def run_together(self, works: Sequence[Callable[[], object]], chance: random.Random) -> None:
        """Run these in threads of which one works at a time; at each call chance says which one goes on."""
        self._together = Together(works, chance)
        try:
            self._together.run()
        finally:
            self._together = None

    def _answer(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        match service:
            case "ec2":
                if operation == "provision_ipam_pool_cidr":
                    self.before_provision(request)
                    self.provisioned.append(request)
                return getattr(self.ipam, operation)(**request)
            case "dynamodb":
                return getattr(self.tables, operation)(**request)
            case "sqs":
                self.messages.append(request)
                return {}
            case "ssm":
                return {"Parameter": {"Value": "deployed"}}
            case "cloudwatch":
                return {"Metrics": [{"Dimensions": [{"Name": "PoolID", "Value": pool}]} for pool in self.ipam.pools]}
            case _:
                return {"FailedEntryCount": 0}

    @staticmethod
    def _raise(trouble: str, moment: str, operation: str) -> None:
        if trouble == f"crash {moment}":
            raise ProcessEndedError
        if trouble == f"error {moment}":
            raise error("InternalError", operation)


class Client:
    """A client of one service: its methods are the account's answers."""

    def __init__(self, account: Account, service: str) -> None:
        self._account = account
        self._service = service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **request: self._account.call(self._service, operation, request)

    def get_paginator(self, operation: str) -> Client:
        return Pages(self._account, self._service, operation)


class Pages(Client):
    """All that there is, in one page."""

    def __init__(self, account: Account, service: str, operation: str) -> None:
        super().__init__(account, service)
        self._operation = operation

    def paginate(self, **request: Any) -> list[Any]:
        return [self._account.call(self._service, self._operation, request)]


class Together:
    """Threads that take turns: whoever is at a call hands over to the one that chance picks."""

    def __init__(self, works: Sequence[Callable[[], object]], chance: random.Random) -> None:
        self._chance = chance
        self._gates = [threading.Semaphore(0) for _ in works]
        self._alive = list(range(len(works)))
        self._numbers: dict[int, int] = {}
        self._done = threading.Semaphore(0)
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(number, work), daemon=True) for number, work in enumerate(works)
        ]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        self._gates[self._chance.choice(self._alive)].release()
        self._done.acquire()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def let_others_go(self) -> None:
        me = self._numbers[threading.get_ident()]
        chosen = self._chance.choice(self._alive)
        if chosen != me:
            self._gates[chosen].release()
            self._gates[me].acquire()

    def _work(self, number: int, work: Callable[[], object]) -> None:
        self._gates[number].acquire()
        self._numbers[threading.get_ident()] = number
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - told to whoever waits for all
            self._failures.append(failure)
        self._alive.remove(number)
        if self._alive:
            self._gates[self._chance.choice(self._alive)].release()
        else:
            self._done.release()
