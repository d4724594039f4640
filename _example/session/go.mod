module github.com/jwthttp/jwthttp/_example/session

go 1.26.0

require (
	github.com/jackc/pgx/v5 v5.13.0
	github.com/jwthttp/jwthttp v0.0.0
	github.com/jwthttp/jwthttp/_example v0.0.0
	github.com/jwthttp/jwthttp/goredis v0.0.0
	github.com/jwthttp/jwthttp/sqlstore v0.0.0
	github.com/redis/go-redis/v9 v9.22.0
	modernc.org/sqlite v1.62.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
	modernc.org/libc v1.80.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

replace (
	github.com/jwthttp/jwthttp => ../..
	github.com/jwthttp/jwthttp/_example => ..
	github.com/jwthttp/jwthttp/goredis => ../../goredis
	github.com/jwthttp/jwthttp/sqlstore => ../../sqlstore
)
