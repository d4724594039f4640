module github.com/jwthttp/jwthttp/_interop

go 1.26.0

require (
	github.com/go-jose/go-jose/v4 v4.1.9
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/jwthttp/jwthttp v0.0.0
	golang.org/x/oauth2 v0.37.0
)

require github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect

replace github.com/jwthttp/jwthttp => ..
