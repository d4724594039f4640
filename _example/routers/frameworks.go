package main

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	recoverer "github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/labstack/echo/v5"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/jwthttp/jwthttp"
)

// ginMiddleware makes a middleware of gin from one of net/http that passes the
// ResponseWriter on unchanged. After a handler has returned, gin calls the next one. So a
// refusal has to Abort: with gin.WrapH the answer is a 401, and then the protected handler
// runs.
func ginMiddleware(mw func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

// ginEngine reads the claims from c.Request.Context(). It does not read them from c, which
// is another context. A GET route of gin does not serve HEAD.
func ginEngine(auth *jwthttp.Middleware[Claims]) http.Handler {
	gin.SetMode(gin.ReleaseMode) // otherwise gin prints its routes
	e := gin.New()
	e.GET("/", func(c *gin.Context) { c.String(http.StatusOK, welcome) })
	protected := e.Group("/", ginMiddleware(auth.Handler))
	read := []string{"GET", "HEAD"}
	protected.Match(read, "/me", func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"sub": subject(c.Request.Context())})
	})
	protected.POST("/notes", func(c *gin.Context) {
		var n note
		if c.BindJSON(&n) == nil { // else it has answered
			n.Author = subject(c.Request.Context())
			c.JSON(http.StatusOK, n)
		}
	})
	protected.Match(read, "/admin", ginMiddleware(jwthttp.RequireScopes("admin")), func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"admin": subject(c.Request.Context())})
	})
	protected.GET("/events", gin.WrapF(events))
	protected.GET("/socket", gin.WrapF(socket))
	return e
}

// echoServer needs nothing but echo.WrapMiddleware. The middleware of the group also runs for
// unknown paths and methods: without a token they are a 401. The setting
// Config.NoGroupAutoRegister404Routes turns that off.
func echoServer(auth *jwthttp.Middleware[Claims]) http.Handler {
	e := echo.NewWithConfig(echo.Config{Router: echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: true})})
	e.GET("/", func(c *echo.Context) error { return c.String(http.StatusOK, welcome) })
	protected := e.Group("", echo.WrapMiddleware(auth.Handler))
	protected.GET("/me", func(c *echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"sub": subject(c.Request().Context())})
	})
	protected.POST("/notes", func(c *echo.Context) error {
		var n note
		if err := c.Bind(&n); err != nil {
			return err
		}
		n.Author = subject(c.Request().Context())
		return c.JSON(http.StatusOK, n)
	})
	protected.GET("/admin", func(c *echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"admin": subject(c.Request().Context())})
	}, echo.WrapMiddleware(jwthttp.RequireScopes("admin")))
	protected.GET("/events", echo.WrapHandler(http.HandlerFunc(events)))
	protected.GET("/socket", echo.WrapHandler(http.HandlerFunc(socket)))
	return e
}

// humaMiddleware makes a middleware of huma's adapter for ServeMux from one of net/http
// that passes the ResponseWriter on unchanged, as those of jwthttp do.
func humaMiddleware(mw func(http.Handler) http.Handler) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next(huma.WithContext(ctx, r.Context()))
		})).ServeHTTP(w, r.WithContext(ctx.Context()))
	}
}

// humaAPI protects each operation, before huma reads its input. The OpenAPI document and
// /docs stay public. The field Security is documentation: it checks nothing.
func humaAPI(auth *jwthttp.Middleware[Claims]) http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("API", "1.0.0")
	config.CreateHooks = nil // no $schema in answers
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"}}
	api := humago.New(mux, config)
	protected := func(method, path string, guards ...func(http.Handler) http.Handler) huma.Operation {
		op := huma.Operation{Method: method, Path: path, OperationID: path[1:], Security: []map[string][]string{{"bearer": {}}}}
		op.Middlewares = append(op.Middlewares, humaMiddleware(auth.Handler))
		for _, guard := range guards {
			op.Middlewares = append(op.Middlewares, humaMiddleware(guard))
		}
		return op
	}
	type output[T any] struct{ Body T }
	huma.Register(api, protected("GET", "/me"), func(ctx context.Context, _ *struct{}) (*output[map[string]string], error) {
		return &output[map[string]string]{map[string]string{"sub": subject(ctx)}}, nil
	})
	huma.Register(api, protected("POST", "/notes"), func(ctx context.Context, in *struct{ Body note }) (*output[note], error) {
		return &output[note]{note{in.Body.Text, subject(ctx)}}, nil
	})
	huma.Register(api, protected("GET", "/admin", jwthttp.RequireScopes("admin")), func(ctx context.Context, _ *struct{}) (*output[map[string]string], error) {
		return &output[map[string]string]{map[string]string{"admin": subject(ctx)}}, nil
	})
	// Beside huma, as on any mux.
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("GET /events", auth.Handler(http.HandlerFunc(events)))
	mux.Handle("GET /socket", auth.Handler(http.HandlerFunc(socket)))
	return mux
}

// connectService has a service of connect-go inside the middleware. A refusal is an HTTP
// status, before a protocol is chosen.
//
//   - Clients of all three protocols translate the status to Unauthenticated,
//     PermissionDenied or Unavailable, and a 400 to Internal.
//   - Clients do not read the reason. An Options.ErrorHandler with connect.ErrorWriter could
//     send it to them.
//   - With generated code, New…Handler returns path and handler.
//   - Me and Admin change nothing, so that a GET may call them too.
func connectService(auth *jwthttp.Middleware[Claims]) http.Handler {
	reads := connect.WithIdempotency(connect.IdempotencyNoSideEffects)
	me := connect.NewUnaryHandlerSimple("/api.v1.API/Me", func(ctx context.Context, _ *emptypb.Empty) (*structpb.Struct, error) {
		return structpb.NewStruct(map[string]any{"sub": subject(ctx)})
	}, reads)
	notes := connect.NewUnaryHandlerSimple("/api.v1.API/Note", func(ctx context.Context, in *structpb.Struct) (*structpb.Struct, error) {
		return structpb.NewStruct(map[string]any{"text": in.Fields["text"].GetStringValue(), "author": subject(ctx)})
	})
	admin := connect.NewUnaryHandlerSimple("/api.v1.API/Admin", func(ctx context.Context, _ *emptypb.Empty) (*structpb.Struct, error) {
		return structpb.NewStruct(map[string]any{"admin": subject(ctx)})
	}, reads)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("/api.v1.API/Me", auth.Handler(me))
	mux.Handle("/api.v1.API/Note", auth.Handler(notes))
	mux.Handle("/api.v1.API/Admin", auth.Handler(jwthttp.RequireScopes("admin")(admin)))
	mux.Handle("GET /events", auth.Handler(http.HandlerFunc(events)))
	mux.Handle("GET /socket", auth.Handler(http.HandlerFunc(socket)))
	return mux
}

// fiberMiddleware makes a middleware of fiber, which is not built on net/http, from one of
// net/http. Do not use adaptor.HTTPMiddleware for that:
//
//   - Of two Authorization headers it passes the last one only. The request is then accepted,
//     and should be refused.
//   - It loses the token, because it copies only contexts of package context.
func fiberMiddleware(mw func(http.Handler) http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		var passed context.Context
		handler := mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { passed = r.Context() }))
		header := http.Header{} // all values, as copies: fasthttp reuses their memory
		for name, value := range c.Request().Header.All() {
			header.Add(string(name), string(value))
		}
		ctx := c.Context() // for guards; fasthttp's own context races with Shutdown when it is waited for
		err := adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header = header
			handler.ServeHTTP(w, r.WithContext(ctx))
		})(c)
		if err != nil || passed == nil {
			return err
		}
		c.SetContext(passed)
		return c.Next()
	}
}

// fiberApp reads the claims from c.Context(). The adaptor cannot do these:
//
//   - end the context of a check or key function when the client leaves
//   - SetReadDeadline and SetWriteDeadline of an http.ResponseController
//   - a WebSocket of a net/http package: the 101 is lost. fiber has its own.
//
// Without recoverer, a panic ends the whole process, also a panic in a check or a key
// function. Headers longer than ReadBufferSize, 4 KiB by default, get a 431 before any
// middleware runs, while jwthttp accepts tokens of 8 KiB. A group without a prefix is for
// every route that is registered after it. So the public route is registered first.
func fiberApp(auth *jwthttp.Middleware[Claims]) *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	app.Use(recoverer.New())
	app.Get("/", func(c fiber.Ctx) error { return c.SendString(welcome) })
	protected := app.Group("", fiberMiddleware(auth.Handler))
	protected.Get("/me", func(c fiber.Ctx) error { return c.JSON(fiber.Map{"sub": subject(c.Context())}) })
	protected.Post("/notes", func(c fiber.Ctx) error {
		var n note
		if err := c.Bind().JSON(&n); err != nil {
			return fiber.ErrBadRequest // fiber's own error is a 500 that names Go types
		}
		n.Author = subject(c.Context())
		return c.JSON(n)
	})
	protected.Get("/admin", fiberMiddleware(jwthttp.RequireScopes("admin")), func(c fiber.Ctx) error {
		return c.JSON(fiber.Map{"admin": subject(c.Context())})
	})
	return app
}
