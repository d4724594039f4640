module github.com/jwthttp/jwthttp/goredis

go 1.26

require (
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/jwthttp/jwthttp v0.0.0
	github.com/redis/go-redis/v9 v9.22.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)

replace github.com/jwthttp/jwthttp => ..
