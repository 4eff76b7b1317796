// Streams through OpenAI's Go decoder: main BASE_URL MODEL EXPECTED. Built by install.sh against each version listed in
// "versions". Only the decoder is linked, since compiling the whole client takes minutes.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/openai/openai-go/packages/ssestream"
)

type chunk struct {
	Choices []struct {
		Text  string `json:"text"`
		Delta struct {
			Content string `json:"content"`
			Role    string `json:"role"`
		} `json:"delta"`
	} `json:"choices"`
}

func fail(path string, why any) {
	fmt.Println("failed:", path, why)
	os.Exit(1)
}

func main() {
	base, model, expected := os.Args[1], os.Args[2], os.Args[3]
	for path, words := range map[string]string{
		"/v1/chat/completions": `"messages": [{"role": "user", "content": "Hello"}]`,
		"/v1/completions":      `"prompt": "Hello", "max_tokens": 1000`,
	} {
		body := fmt.Sprintf(`{"model": %q, "stream": true, %s}`, model, words)
		response, err := http.Post(base+path, "application/json", strings.NewReader(body))
		if err != nil || response.StatusCode != 200 {
			fail(path, err)
		}
		stream := ssestream.NewStream[chunk](ssestream.NewDecoder(response), nil)
		text, role, empty := "", "", 0
		for stream.Next() {
			choice := stream.Current().Choices[0]
			if choice.Text+choice.Delta.Content == "" {
				empty++
			}
			text += choice.Text + choice.Delta.Content
			role += choice.Delta.Role
		}
		if stream.Err() != nil {
			fail(path, stream.Err())
		}
		if text != expected || (role != "assistant" && role != "") {
			fail(path, role+": "+text)
		}
		if empty < 4 {
			fail(path, "the stream was never silent, so nothing was tried")
		}
		fmt.Println("ok:", path)
	}
	fmt.Println("all held")
}
