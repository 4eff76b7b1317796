"""Models that come and go by Ollama's Python client: ollama_pull.py ADDRESS, of a server of "small" whose registry has "tiny". Prints one line per check."""

import sys

import ollama

from checks import check, refusing

refused = refusing(ollama.ResponseError)

client = ollama.Client(host=sys.argv[1])
few = {"num_predict": 8, "seed": 1, "temperature": 0}


def names(models):
    return [model.model for model in models]


told = list(client.pull("tiny", stream=True))
check("pull streamed", told[0].status == "pulling manifest" and told[-1].status == "success")
check("progress", any(each.digest and each.total and each.completed == each.total for each in told))
check("list", names(client.list().models) == ["small", "tiny:latest"])
check("show", "completion" in client.show("tiny").capabilities)
check("ps before", names(client.ps().models) == ["small"])
answer = client.generate(model="tiny", prompt="Once upon", raw=True, options=few)
check("generate", answer.done and answer.model == "tiny")
check("ps", names(client.ps().models) == ["small", "tiny:latest"])
check("delete", client.delete("tiny").status == "success")
check("gone", names(client.list().models) == ["small"])
check("delete again", refused(lambda: client.delete("tiny")).status_code == 404)
check("pull whole", client.pull("tiny").status == "success")
check("delete by its tag", client.delete("tiny:latest").status == "success")
check("pull of none", "absent" in refused(lambda: client.pull("absent")).error)
check("pull of none streamed", "absent" in refused(lambda: list(client.pull("absent", stream=True))).error)
check("delete of the operator's", refused(lambda: client.delete("small")).status_code == 403)
print("all held")
