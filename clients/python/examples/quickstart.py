"""Evaluates a flag and sends an event. Set RAMPART_URL and RAMPART_API_KEY."""

import os

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.track import TrackingEventDetails

from rampart_openfeature import RampartProvider

provider = RampartProvider(
    base_url=os.environ.get("RAMPART_URL", "http://127.0.0.1:8080"), api_key=os.environ["RAMPART_API_KEY"]
)
api.set_provider_and_wait(provider)
client = api.get_client()

user = EvaluationContext("user-42", {"country": "US", "segments": ["active_users"]})
details = client.get_object_details("recommendation_algorithm", {"algorithm": "collaborative"}, user)
print(f"{details.value} ({details.reason}, variant {details.variant}, {dict(details.flag_metadata)})")

client.track("engagement", user, TrackingEventDetails(value=182.5))
api.shutdown()
