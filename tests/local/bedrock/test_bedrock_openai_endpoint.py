"""The endpoint against a server of the test's own on the loopback address."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from local.bedrock.answers import Question
from local.bedrock.errors import JobFailedError
from local.bedrock.openai_endpoint import UNPARSABLE, OpenAIEndpoint, judge_prompt
from local.bedrock.scales import custom_scale
from tests.local.bedrock.builders import case

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: str | None = ""
        self.requests: list[dict[str, Any]] = []
        self.authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append({"path": self.path, **body})
        self.server.authorization = self.headers["authorization"]
        content = self.server.content
        reply = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        self.send_response(503 if content is None else 200)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def test_an_answer_is_one_chat_completion_with_the_jobs_parameters(server: Server) -> None:
    server.content = "12 dollars"
    params = '{"inferenceConfig":{"maxTokens":9,"temperature":0.5,"topP":0.9,"stopSequences":["x"]}}'

    answer = OpenAIEndpoint(server.url, api_key="k").answer(Question("amazon.nova-lite-v1:0", "What?", "ref", params))

    assert answer == "12 dollars"
    assert server.requests == [
        {
            "path": "/v1/chat/completions",
            "model": "amazon.nova-lite-v1:0",
            "messages": [{"role": "user", "content": "What?"}],
            "max_tokens": 9,
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["x"],
        }
    ]
    assert server.authorization == "Bearer k"


@pytest.mark.parametrize(
    ("content", "label", "explanation"),
    [
        ('{"score": "Correct", "explanation": "same"}', "correct", "same"),
        ('Sure!\n```json\n{"score": "incorrect", "explanation": "no"}\n```', "incorrect", "no"),
        ('{"score": "excellent", "explanation": "x"}', None, UNPARSABLE),
        ("I think it is fine.", None, UNPARSABLE),
        ("{broken}", None, UNPARSABLE),
    ],
)
def test_a_rating_is_a_choice_of_the_scale_or_nothing(
    server: Server, content: str, label: str | None, explanation: str
) -> None:
    server.content = content

    rating = OpenAIEndpoint(server.url, model="qwen").rate(case("They cost 12."))

    assert (rating.label, rating.explanation) == (label, explanation)
    assert server.requests[0]["model"] == "qwen"


def test_an_endpoint_that_fails_fails_the_job_without_repeating_the_prompt(server: Server) -> None:
    server.content = None

    with pytest.raises(JobFailedError) as failed:
        OpenAIEndpoint(server.url).answer(Question("amazon.nova-lite-v1:0", "private", None, "{}"))

    assert "HTTP status 503" in str(failed.value)
    assert "private" not in str(failed.value)


def test_an_endpoint_that_is_not_there_fails_the_job() -> None:
    with socket.socket() as bound:
        # Bound and not listening: the address is nobody else's, and every connection to it is refused.
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"

        with pytest.raises(JobFailedError, match="ConnectError"):
            OpenAIEndpoint(url).answer(Question("amazon.nova-lite-v1:0", "private", None, "{}"))


def test_a_custom_metric_asks_its_own_question_and_fills_no_variable_of_the_data() -> None:
    item = case("{{prompt}} said", metric=custom_scale("style", None), prompt="P", reference="R")
    text = judge_prompt(
        item.__class__(
            item.metric.__class__(
                item.metric.scale, "j", "Rate {{prediction}} for {{prompt}} against {{ground_truth}}."
            ),
            item.prompt,
            item.response,
            item.reference,
        )
    )

    assert "Rate {{prompt}} said for P against R." in text
