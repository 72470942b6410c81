using System.Text;
using Orbit.Agent.Packages;

namespace Orbit.Agent.Tests.Packages;

public sealed class PackageListingTests
{
    private static readonly Uri Directory = new("http://packages.example/pass/el7/");

    [Fact]
    public void The_link_names_a_file_and_not_the_cut_text_that_is_shown()
    {
        string name = "cds-" + new string('x', 80) + ".tar.gz";
        PackageListing listing = Html($"<a href=\"../\">../</a><a href=\"{name}\">{name[..47]}..&gt;</a>");

        Assert.Equal([name], listing.Files);
    }

    [Theory]
    [InlineData("http://evil.example/x.zip")]
    [InlineData("//evil.example/x.zip")]
    [InlineData("/other/x.zip")]
    [InlineData("../x.zip")]
    [InlineData("sub/x.zip")]
    [InlineData("%2e%2e%2fx.zip")]
    [InlineData("a%2fx.zip")]
    [InlineData("a%5cx.zip")]
    [InlineData("a%0ax.zip")]
    [InlineData("javascript:alert(1)")]
    [InlineData("x.zip?y=1")]
    public void A_link_that_leads_elsewhere_is_no_entry(string href)
    {
        PackageListing listing = Html($"<a href=\"{href}\">x</a>");

        Assert.Empty(listing.Files);
        Assert.Equal(1, listing.Ignored);
    }

    [Fact]
    public void Absolute_links_into_the_directory_are_entries() =>
        Assert.Equal(["x.zip"], Html("<a href=\"/pass/el7/x.zip\">x</a><a href=\"./x.zip\">x</a>").Files);

    [Fact]
    public void Encoded_names_are_decoded_and_encoded_again_for_the_address()
    {
        PackageListing listing = Html("<a href=\"a%20%E6%9E%84%23.zip\">x</a>");

        Assert.Equal(["a 构#.zip"], listing.Files);
        Assert.Equal("http://packages.example/pass/el7/a%20%E6%9E%84%23.zip", listing.AddressOf("a 构#.zip").AbsoluteUri);
    }

    [Fact]
    public void A_JSON_listing_is_read_with_the_same_care()
    {
        PackageListing listing = Json(
            """[{"name":"a.zip","type":"file","mtime":"x","size":1},{"name":"sub","type":"directory"},{"name":"../b.zip","type":"file"}]""");

        Assert.Equal(["a.zip"], listing.Files);
        Assert.Equal(["sub"], listing.Directories);
        Assert.Equal(1, listing.Ignored);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{\"name\":1,\"type\":\"file\"}]")]
    [InlineData("[{\"type\":\"file\"}]")]
    [InlineData("[{\"name\":\"a\"")]
    public void JSON_that_is_no_listing_is_refused(string json) =>
        Assert.Equal("PACKAGE_LISTING_INVALID", Assert.Throws<PackageRefusal>(() => Json(json)).Reason);

    [Fact]
    public void A_listing_with_too_many_entries_is_refused()
    {
        StringBuilder html = new();
        for (int i = 0; i <= PackageListing.MaxEntries; i++)
        {
            html.Append("<a href=f>f</a>");
        }

        Assert.Equal("PACKAGE_LISTING_TOO_LARGE", Assert.Throws<PackageRefusal>(() => Html(html.ToString())).Reason);
    }

    [Fact]
    public void The_one_archive_that_matches_is_chosen_whatever_its_case()
    {
        PackageListing listing = Html(
            "<a href=CDS-1.tar.gz>x</a><a href=CDS-1.tar.gz.sha256>x</a><a href=cds.txt>x</a><a href=sds-1.zip>x</a><a href=cds/>x</a>");

        Assert.Equal("CDS-1.tar.gz", PackageChoice.Choose(listing, "*cds*"));
    }

    [Fact]
    public void No_match_says_what_was_there()
    {
        PackageRefusal refusal = Assert.Throws<PackageRefusal>(
            () => PackageChoice.Choose(Html("<a href=sds.zip>x</a><a href=el8/>x</a>"), "*cds*"));

        Assert.Equal("PACKAGE_NOT_FOUND", refusal.Reason);
        Assert.Contains("sds.zip, el8/", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_matches_name_the_candidates_but_never_more_than_fifty()
    {
        string html = string.Concat(Enumerable.Range(0, 60).Select(i => $"<a href=cds-{i:D2}.zip>x</a>"));
        PackageRefusal refusal = Assert.Throws<PackageRefusal>(() => PackageChoice.Choose(Html(html), "*cds*"));

        Assert.Equal("PACKAGE_AMBIGUOUS", refusal.Reason);
        Assert.Contains("cds-49.zip and 10 more", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cds-50.zip", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_pattern_is_a_refusal_of_its_own() =>
        Assert.Equal(
            "PACKAGE_PATTERN_INVALID",
            Assert.Throws<PackageRefusal>(() => PackageChoice.Choose(Html(""), "[a")).Reason);

    private static PackageListing Html(string body) =>
        PackageListing.ParseHtml(Directory, new MemoryStream(Encoding.UTF8.GetBytes($"<html><body>{body}</body></html>")));

    private static PackageListing Json(string body) =>
        PackageListing.ParseJson(Directory, new MemoryStream(Encoding.UTF8.GetBytes(body)));
}
