using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>
/// Server memory per idle agent: agents that speak the real protocol, each on a connection of its own, heartbeats every 10 s, no work. The
/// growth of the server's resident memory over that with a few agents, by the number of further ones; the same for a bare stream server.
/// </summary>
internal static class IdleAgents
{
    private const int First = 20; // connected before the first look, so that code and caches are not counted
    private const int AtATime = 16;
    private const double MostKilobytes = 60;

    /// <summary>The control plane on PostgreSQL, and the bare server.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(Scale scale, Scratch scratch)
    {
        AgentIdentity[] unknown = [.. Enumerable.Range(1, First + scale.Agents[^1]).Select(id => new AgentIdentity(id, ECDsa.Create(ECCurve.NamedCurves.nistP256)))];
        Growth[] bare = await BareAsync(scale, unknown);
        OrbitSystem orbit = await OrbitSystem.StartAsync(scratch, postgres: true);
        AgentIdentity[] enrolled = await EnrolAsync(orbit, unknown);
        Growth[] own = await ConnectAsync(scale, orbit.Server, orbit.Address, enrolled);
        List<Figure> figures = [];
        foreach ((Growth with, Growth without) in own.Zip(bare))
        {
            string agents = with.Agents.ToString("#,##0", CultureInfo.InvariantCulture);
            figures.Add(new($"server memory per idle agent, {agents} agents", with.Kilobytes, "kB")
            {
                Ceiling = without.Kilobytes,
                CeilingIs = "bare stream",
                Limit = MostKilobytes,
            });
            figures.Add(new("  all agents connected after", with.Seconds, "s") { Ceiling = without.Seconds, CeilingIs = "bare stream" });
            figures.Add(new("  processor of the server meanwhile idle", with.Percent, "% of one") { Ceiling = without.Percent, CeilingIs = "bare stream" });
        }

        return figures;
    }

    private static async Task<Growth[]> BareAsync(Scale scale, AgentIdentity[] identities)
    {
        await using var scratch = new Scratch();
        int port = Programs.FreePort();
        ChildProcess server = ChildProcess.Start(scratch, "bare", [.. Programs.Self, BareStreamServer.Verb, port.ToString(CultureInfo.InvariantCulture)]);
        var address = new Uri($"http://127.0.0.1:{port}");
        await server.WaitForAsync("The start of the bare server", async () =>
        {
            using var probe = new System.Net.Sockets.TcpClient();
            try
            {
                await probe.ConnectAsync(address.Host, port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        });
        return await ConnectAsync(scale, server, address, identities);
    }

    private static async Task<Growth[]> ConnectAsync(Scale scale, ChildProcess server, Uri address, AgentIdentity[] identities)
    {
        List<SimulatedAgent> agents = [];
        try
        {
            await AddAsync(agents, address, identities, First);
            await Task.Delay(scale.Settle);
            long before = server.Memory().Resident;
            List<Growth> growth = [];
            foreach (int count in scale.Agents)
            {
                long clock = Stopwatch.GetTimestamp();
                await AddAsync(agents, address, identities, First + count);
                double seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
                TimeSpan processor = server.ProcessorTime();
                await Task.Delay(scale.Settle);
                double percent = 100 * (server.ProcessorTime() - processor) / scale.Settle;
                growth.Add(new(count, (server.Memory().Resident - before) / 1e3 / count, seconds, percent));
                if (agents.Find(a => a.Ended is not null) is { } lost)
                {
                    throw new InvalidOperationException($"{agents.Count(a => a.Ended is not null)} agents lost their stream: {lost.Ended}");
                }
            }

            return [.. growth];
        }
        finally
        {
            agents.ForEach(agent => agent.Dispose());
            await Task.WhenAll(agents.Select(agent => agent.WaitAsync()));
        }
    }

    private static async Task AddAsync(List<SimulatedAgent> agents, Uri address, AgentIdentity[] identities, int count)
    {
        foreach (int[] group in Enumerable.Range(agents.Count, count - agents.Count).Chunk(AtATime))
        {
            SimulatedAgent[] added = [.. group.Select(_ => new SimulatedAgent(address))];
            agents.AddRange(added);
            await Task.WhenAll(added.Zip(group, (agent, index) => agent.ConnectAsync(identities[index])));
        }
    }

    /// <summary>
    /// Enrols the first and puts the keys of the others into the table beside it, as copies of its row: enrolling thousands one by one is not
    /// what is measured.
    /// </summary>
    public static async Task<AgentIdentity[]> EnrolAsync(OrbitSystem orbit, AgentIdentity[] unknown)
    {
        string token = (await new AgentService.AgentServiceClient(orbit.Calls).CreateJoinTokenAsync(new CreateJoinTokenRequest())).Token;
        EnrollResponse first = await new AgentGateway.AgentGatewayClient(orbit.Calls).EnrollAsync(
            new EnrollRequest { JoinToken = token, Name = "idle-0", PublicKey = Google.Protobuf.ByteString.CopyFrom(unknown[0].PublicKey) });
        AgentIdentity[] others = unknown[1..];
        await using var database = NpgsqlDataSource.Create(orbit.Postgres!.ConnectionString);
        await using NpgsqlCommand insert = database.CreateCommand(
            """
            INSERT INTO agents
            SELECT (jsonb_populate_record(a, jsonb_build_object(
              'id', nextval(pg_get_serial_sequence('agents', 'id')), 'name', 'idle-' || n, 'host', 'idle-' || n, 'key_id', k, 'public_key', p::text))).*
            FROM agents a, unnest($1, $2, $3) AS x(n, k, p) WHERE a.id = $4 ORDER BY n
            RETURNING id, key_id
            """);
        insert.Parameters.Add(new() { Value = Enumerable.Range(1, others.Length).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        insert.Parameters.Add(new() { Value = others.Select(a => Convert.ToHexStringLower(a.KeyId)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        insert.Parameters.Add(new() { Value = others.Select(a => a.PublicKey).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        insert.Parameters.Add(new() { Value = first.AgentId, NpgsqlDbType = NpgsqlDbType.Bigint });
        Dictionary<string, long> ids = [];
        await using NpgsqlDataReader rows = await insert.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            ids.Add(rows.GetString(1), rows.GetInt64(0));
        }

        return [unknown[0] with { Id = first.AgentId }, .. others.Select(a => a with { Id = ids[Convert.ToHexStringLower(a.KeyId)] })];
    }

    private sealed record Growth(int Agents, double Kilobytes, double Seconds, double Percent);
}
