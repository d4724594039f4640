package providers

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func github(deploy GitHubClaims, serve func(http.Handler)) {
	keys, err := jwks.Discover("https://token.actions.githubusercontent.com", jwks.Options{
		Audience: []string{"https://deploy.example.com"}, // of your choice
	})
	if err != nil {
		log.Fatal(err)
	}
	isDeploy := func(_ context.Context, t *jwthttp.Token[GitHubClaims]) error {
		if t.Claims != deploy {
			return errors.New("another repository, branch or workflow")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, isDeploy)
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}

// GitHubClaims say which job a token is for.
type GitHubClaims struct {
	RepositoryID string `json:"repository_id"`    // a name can be taken by others, a number cannot
	Ref          string `json:"ref"`              // refs/heads/main
	Workflow     string `json:"job_workflow_ref"` // {repository}/.github/workflows/deploy.yml@refs/heads/main
}
