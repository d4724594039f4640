package issue

import "context"

// Make makes a token as Token does, and does not verify it.
func Make[C any](ctx context.Context, iss *Issuer[C], claims C) (string, error) {
	token, _, err := iss.core.make(ctx, claims, nil)
	return token, err
}
