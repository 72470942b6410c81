using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.Grpc.Tests.Wire;

namespace Orbit.Grpc.Tests.Rest;

/// <summary>Says back what it is asked, so that tests see what arrived; ids from 400 on are refused.</summary>
internal sealed class LibraryGrpcService(EchoWitness witness) : LibraryService.LibraryServiceBase
{
    public override Task<Book> GetBook(GetBookRequest request, ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        return request.Id switch
        {
            404 => throw new OrbitException(Refusal.NotFound, "BOOK_NOT_FOUND", "There is no book 404, nicht für dich.")
            {
                Details = new Dictionary<string, string> { ["id"] = "404" },
            },
            429 => throw new OrbitException(Refusal.TooMuch, "TOO_MANY", "Slower.") { ComeBackIn = TimeSpan.FromSeconds(2.5) },
            500 => throw new FormatException("secret"),
            _ => Task.FromResult(new Book
            {
                Id = request.Id,
                Title = $"{http.Request.Method} {http.Request.Headers.Authorization}",
                Nickname = http.Features.Get<RestCall>() is { } rest ? $"{rest.Verb} {rest.Path}" : "native",
                Shelf = request.Shelf,
            }),
        };
    }

    public override Task<ListBooksRequest> ListBooks(ListBooksRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Book> PutBook(Book request, ServerCallContext context) => Task.FromResult(request);

    public override Task<AddBookRequest> AddBook(AddBookRequest request, ServerCallContext context)
    {
        request.Book.Reader = request.Shelf;
        return Task.FromResult(request);
    }

    public override Task<LendBookRequest> LendBook(LendBookRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Book> Announce(Book request, ServerCallContext context) => Task.FromResult(request);

    public override async Task WatchBooks(WatchBooksRequest request, IServerStreamWriter<Book> responseStream, ServerCallContext context)
    {
        for (int id = 1; id <= request.Count; id++)
        {
            await responseStream.WriteAsync(new Book { Id = id }, context.CancellationToken);
        }

        await EndAsync(request, context);
    }

    public override async Task ReadText(WatchBooksRequest request, IServerStreamWriter<RawBody> responseStream, ServerCallContext context)
    {
        for (int part = 1; part <= request.Count; part++)
        {
            var body = new RawBody { Data = ByteString.CopyFromUtf8($"Zeile {part}\n") };
            if (part == 1)
            {
                body.ContentType = "text/plain; charset=utf-8";
            }

            await responseStream.WriteAsync(body, context.CancellationToken);
        }

        await EndAsync(request, context);
    }

    private async Task EndAsync(WatchBooksRequest request, ServerCallContext context)
    {
        if (request.Wait)
        {
            await witness.WaitForTheEndAsync(context);
        }

        if (request.Fail)
        {
            throw OrbitException.NotFound("BOOK_NOT_FOUND", "No more.");
        }
    }
}
