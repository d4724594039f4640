package jwks

import (
	"fmt"
	"sync"
	"testing"
)

// The table has what was added and not removed. Who looks meanwhile finds no other tenant.
func TestTenantTable(t *testing.T) {
	const n = 5000
	table := newTenantTable()
	tenants := make([]*tenant, n)
	for i := range tenants {
		tenants[i] = &tenant{issuer: fmt.Sprint(i)}
	}
	stays := tenants[0]
	table.add(stays)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if found := table.find("0"); found != nil && found != stays {
					t.Errorf("found %s", found.issuer)
				}
			}
		})
	}
	for _, n := range tenants[1:] {
		table.add(n)
	}
	for _, n := range tenants {
		if table.find(n.issuer) != n {
			t.Fatalf("%s is not found", n.issuer)
		}
	}
	for i := 1; i < n; i += 2 {
		table.remove(tenants[i])
	}
	close(stop)
	wg.Wait()
	all := map[*tenant]bool{}
	for n := range table.all() {
		all[n] = true
	}
	for i, n := range tenants {
		if isThere := i%2 == 0; (table.find(n.issuer) == n) != isThere || all[n] != isThere {
			t.Fatalf("%s", n.issuer)
		}
	}
	if table.len != n/2 || len(all) != n/2 {
		t.Errorf("%d and %d tenants", table.len, len(all))
	}
}
