using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Platform.Rest;
using Orbit.Tests.Support;
using Rule = Orbit.Contracts.V1.Access;

namespace Orbit.ControlPlane.Tests.Access;

/// <summary>Walks every address of the HTTP port: the REST paths of all methods, and what is mapped beside them.</summary>
public sealed class EndpointWalkTests
{
    [Fact]
    public async Task Every_rest_path_asks_who_calls()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        await using OrbitServer orbit = await OrbitServer.StartAsync(database, "--Access:WebhookToken=ci-7f3a9c");
        string viewer = await ViewerAsync(orbit);
        IReadOnlyDictionary<string, MethodRule> methods = orbit.Services.GetRequiredService<MethodAccess>().All;
        IReadOnlyList<RestRoute> routes = orbit.Services.GetRequiredService<RestRoutes>().All;
        Assert.True(routes.Count > 60, $"Only {routes.Count} REST paths were found.");
        foreach (RestRoute route in routes)
        {
            Rule rule = methods[route.GrpcPath].Access;
            (HttpStatusCode anonymous, HttpStatusCode asViewer) = (await StatusAsync(orbit, route, token: null), await StatusAsync(orbit, route, viewer));
            string told = $"{route.Verb} {route.Path.Text}: anonymous {anonymous}, viewer {asViewer}";
            Assert.True(rule is Rule.Anonymous || anonymous is HttpStatusCode.Unauthorized, told);
            Assert.True(rule is Rule.Anonymous or Rule.Viewer == (asViewer is not HttpStatusCode.Forbidden) || SaysMore(route), told);
            viewer = asViewer is HttpStatusCode.OK && route.Path.Text.EndsWith("logout", StringComparison.Ordinal) ? await ViewerAsync(orbit) : viewer;
        }
    }

    [Fact]
    public async Task Every_other_address_states_who_may_ask_for_it_and_asks_them()
    {
        await using OrbitServer orbit = await OrbitServer.StartAsync(Databases.Sqlite);
        string viewer = await ViewerAsync(orbit);
        int walked = 0;
        foreach (RouteEndpoint endpoint in orbit.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            if (EndpointAccessMetadata.Of(endpoint) is not { } who)
            {
                Assert.StartsWith("gRPC - ", endpoint.DisplayName, StringComparison.Ordinal); // the walk of the methods asks those
                continue;
            }

            walked++;
            foreach (string verb in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                HttpStatusCode anonymous = await StatusAsync(orbit, verb, PathOf(endpoint.RoutePattern.RawText!), token: null);
                HttpStatusCode asViewer = await StatusAsync(orbit, verb, PathOf(endpoint.RoutePattern.RawText!), viewer);
                bool refused = anonymous is HttpStatusCode.Unauthorized or HttpStatusCode.Found or HttpStatusCode.NotFound;
                string told = $"{verb} {endpoint.RoutePattern.RawText}: anonymous {anonymous}, viewer {asViewer}";
                Assert.True(who is EndpointAccess.Anyone || refused, told);
                Assert.True(who is not EndpointAccess.User || asViewer is HttpStatusCode.Forbidden, told);
            }
        }

        Assert.True(walked >= 7, $"Only {walked} addresses were found.");
    }

    [Fact]
    public async Task An_address_that_states_nothing_stops_the_start()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => OrbitServer.StartWithAsync(database, app => app.MapGet("/forgotten", () => "open")));

        Assert.Contains("/forgotten", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    private static async Task<string> ViewerAsync(OrbitServer orbit)
    {
        await new UserService.UserServiceClient(await orbit.AdminAsync()).UpdateUserAsync(new() { Email = "v@example.org", Role = Role.Viewer });
        return await orbit.TokenAsync("v@example.org");
    }

    /// <summary>Methods for viewers that refuse some wishes with the same status.</summary>
    private static bool SaysMore(RestRoute route) => route.GrpcPath.StartsWith("/orbit.v1.ApiTokenService/", StringComparison.Ordinal);

    private static string PathOf(string pattern) =>
        System.Text.RegularExpressions.Regex.Replace(pattern, @"\{[^}]*\}", "1");

    private static Task<HttpStatusCode> StatusAsync(OrbitServer orbit, RestRoute route, string? token) =>
        StatusAsync(orbit, route.Verb, PathOf(route.Path.Text), token);

    private static async Task<HttpStatusCode> StatusAsync(OrbitServer orbit, string verb, string path, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        if (verb is "POST" or "PUT" or "PATCH")
        {
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        }

        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using HttpResponseMessage answer = await orbit.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }
}
