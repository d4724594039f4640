package providers

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const (
	maxALBKeys   = 64
	albKeyWait   = 2 * time.Second
	maxALBKeyLen = 4 << 10
)

// The id of a key is not verified, and goes into an address. So it must be nothing but a UUID.
var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// albKeys are the keys of the load balancers of one region. AWS publishes each at an address of
// its own, as PEM. A key that was fetched once is kept. At most four requests are sent at once, so
// a flood of ids that do not exist is not passed on to AWS.
type albKeys struct {
	address string       // without the id
	client  *http.Client // http.DefaultClient if nil

	mu    sync.Mutex
	known map[string]jwthttp.Key // at most maxALBKeys, and only those that AWS has published
	slots chan struct{}
}

// Keys implements jwthttp.KeySource.
func (k *albKeys) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	if h.Algorithm != "ES256" || !uuid.MatchString(h.KeyID) {
		return nil, jwthttp.ErrUnknownKey
	}
	key, slots, isKnown := k.look(h.KeyID)
	if isKnown {
		return []jwthttp.Key{key}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, albKeyWait)
	defer cancel()
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err() // a 503
	}
	if key, _, isKnown = k.look(h.KeyID); !isKnown { // another request may have fetched it
		var err error
		if key, err = k.fetch(ctx, h.KeyID); err != nil {
			return nil, err
		}
		k.keep(h.KeyID, key)
	}
	return []jwthttp.Key{key}, nil
}

func (k *albKeys) look(id string) (key jwthttp.Key, slots chan struct{}, isKnown bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.slots == nil {
		k.slots = make(chan struct{}, 4)
	}
	key, isKnown = k.known[id]
	return key, k.slots, isKnown
}

func (k *albKeys) keep(id string, key jwthttp.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) == maxALBKeys {
		k.known = map[string]jwthttp.Key{}
	}
	k.known[id] = key
}

func (k *albKeys) fetch(ctx context.Context, id string) (jwthttp.Key, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.address+id, nil)
	if err != nil {
		return jwthttp.Key{}, err
	}
	answer, err := cmp.Or(k.client, http.DefaultClient).Do(r)
	if err != nil {
		return jwthttp.Key{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxALBKeyLen))
	switch {
	case err != nil:
		return jwthttp.Key{}, err
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusForbidden:
		return jwthttp.Key{}, jwthttp.ErrUnknownKey
	case answer.StatusCode != http.StatusOK:
		return jwthttp.Key{}, fmt.Errorf("the key of the load balancer: %s", answer.Status)
	}
	public, err := jwt.ParseECPublicKeyFromPEM(text)
	if err != nil {
		return jwthttp.Key{}, err
	}
	key := jwthttp.ES256(public).WithID(id)
	return key, key.Err()
}
