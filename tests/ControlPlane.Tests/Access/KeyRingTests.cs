using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Storage;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Access;

public sealed class KeyRingTests
{
    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Keys_and_identity_outlive_the_process(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        (Guid Id, byte[] Key) first;
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database))
        {
            first = Read(orbit);
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database);

        Assert.Equal(first.Id, Read(again).Id);
        Assert.Equal(first.Key, Read(again).Key);
    }

    [Fact]
    public async Task Replicas_that_start_together_agree_on_every_key()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Postgres);

        OrbitServer[] replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OrbitServer.StartAsync(database)));

        try
        {
            foreach (string purpose in KeyPurposes.All)
            {
                Assert.Single(replicas.Select(r => Convert.ToHexString(Ring(r).HmacKey(purpose))).Distinct());
            }

            Assert.Single(replicas.Select(r => Read(r).Id).Distinct());
        }
        finally
        {
            await Task.WhenAll(replicas.Select(r => r.DisposeAsync().AsTask()));
        }
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_wrong_master_key_stops_the_start_and_changes_nothing(string provider)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(provider);
        await (await OrbitServer.StartAsync(database)).DisposeAsync();

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => OrbitServer.StartAsync(database, "--Keys:Master=another pass phrase altogether"));

        Assert.Contains("Keys:Master", Assert.Single(refused.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("altogether", refused.Message, StringComparison.Ordinal);
        await using OrbitServer right = await OrbitServer.StartAsync(database);
        Assert.Equal(32, Read(right).Key.Length);
    }

    [Fact]
    public async Task A_pass_phrase_opens_what_it_closed()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        const string phrase = "--Keys:Master=four words are easy to keep";
        byte[] sealedText;
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database, phrase))
        {
            sealedText = Ring(orbit).Protect("hunter2", "a set");
        }

        await using OrbitServer again = await OrbitServer.StartAsync(database, phrase);

        Assert.Equal("hunter2", Ring(again).Unprotect(sealedText, "a set"));
        Assert.ThrowsAny<CryptographicException>(() => Ring(again).Unprotect(sealedText, "another set"));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("c2hvcnQ=")]
    public async Task A_short_master_key_stops_the_start(string given)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => OrbitServer.StartAsync(Databases.Sqlite, $"--Keys:Master={given}"));

        Assert.DoesNotContain(given, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_setting_the_key_lies_in_a_file_that_the_owner_alone_may_read()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(Databases.Sqlite);
        string file;
        await using (OrbitServer orbit = await OrbitServer.StartAsync(database, "--Keys:Master="))
        {
            file = orbit.Services.GetRequiredService<DataDirectory>().At("master.key");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        File.Delete(file);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => OrbitServer.StartAsync(database, "--Keys:Master="));
        Assert.Contains("master.key is missing", refused.Message, StringComparison.Ordinal);
    }

    private static KeyRing Ring(OrbitServer orbit) => orbit.Services.GetRequiredService<KeyRing>();

    private static (Guid Id, byte[] Key) Read(OrbitServer orbit) =>
        (orbit.Services.GetRequiredService<ServerIdentity>().ServerId, Ring(orbit).HmacKey(KeyPurposes.UploadToken));
}
