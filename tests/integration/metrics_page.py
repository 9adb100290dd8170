"""Reads the metrics of a host the way Prometheus does."""

from prometheus_client.parser import text_string_to_metric_families

from integration.host import Host


class Metrics:
    """One scrape. Fails if the page is not in Prometheus's text format."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """Of all samples with these labels, whatever others they have."""
        return sum(sample.value for sample in self.samples if sample.name == name
                   and labels.items() <= sample.labels.items())

    def values(self, name: str, label: str) -> set[str]:
        return {sample.labels[label] for sample in self.samples if sample.name == name}


def scrape(host: Host) -> Metrics:
    reply = host.admin("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(reply.body().decode())
