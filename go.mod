module github.com/jwthttp/jwthttp

go 1.26

require (
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/justinas/alice v1.2.0
)

require github.com/go-jose/go-jose/v4 v4.1.9

require go.uber.org/goleak v1.3.0
