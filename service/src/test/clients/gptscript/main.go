// Runs a program of GPTScript's with each server, as its own command line would: client MODEL PROGRAM BASE_URL...
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/gptscript-ai/gptscript/pkg/credentials"
	"github.com/gptscript-ai/gptscript/pkg/llm"
	"github.com/gptscript-ai/gptscript/pkg/loader"
	"github.com/gptscript-ai/gptscript/pkg/openai"
	"github.com/gptscript-ai/gptscript/pkg/runner"
)

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	model := os.Args[1]
	for _, base := range os.Args[3:] {
		client, err := openai.NewClient(ctx, credentials.NoopStore{}, openai.Options{BaseURL: base, APIKey: "none", DefaultModel: model})
		if err != nil {
			log.Fatal(err)
		}
		models := llm.NewRegistry()
		if err := models.AddClient(client); err != nil {
			log.Fatal(err)
		}
		run, err := runner.New(models, credentials.NoopStore{})
		if err != nil {
			log.Fatal(err)
		}
		program, err := loader.Program(ctx, os.Args[2], "", loader.Options{DefaultModel: model})
		if err != nil {
			log.Fatal(err)
		}
		said, err := run.Run(ctx, program, os.Environ(), "How is Brest, and how many live in Nantes?", runner.RunOptions{})
		if err != nil {
			log.Fatal(err)
		}
		if said = strings.TrimSpace(said); said != "Brest is cold, Nantes is large." {
			log.Fatalf("the program said %q", said)
		}
	}
	fmt.Println("all held")
}
