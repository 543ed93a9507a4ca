#include "site/programs.h"

static const char *const wordpress_skip[] = {"wp-includes", "wp-admin", NULL};
static const char *const wordpress_packages[] = {"wordpress", "/usr/share/wordpress", NULL};
static const char *const phpmyadmin_skip[] = {"libraries", "js", "vendor", "locale", "templates", NULL};
static const char *const phpmyadmin_packages[] = {"phpmyadmin", "/usr/share/phpmyadmin", "phpMyAdmin", "/usr/share/phpMyAdmin", NULL};
static const char *const roundcube_skip[] = {"program", "vendor", "skins", "plugins", NULL};
static const char *const roundcube_packages[] = {"roundcube-core", "/usr/share/roundcube", "roundcube-core", "/var/lib/roundcube", "roundcube-core", "/var/lib/roundcube/public_html", "roundcubemail", "/usr/share/roundcubemail", NULL};
static const char *const joomla_skip[] = {"administrator", "libraries", "media", NULL};
static const char *const drupal_skip[] = {"core", "vendor", NULL};
static const char *const modx_skip[] = {"core", "manager", NULL};
static const char *const mediawiki_skip[] = {"includes", "languages", "vendor", NULL};
static const char *const mediawiki_packages[] = {"mediawiki", "/usr/share/mediawiki", NULL};
static const char *const nextcloud_skip[] = {"3rdparty", "core", "lib", "apps", NULL};
static const char *const eccube_skip[] = {"src", "vendor", NULL};
static const char *const concrete_skip[] = {"concrete", NULL};

const struct program programs[] = {
    {"WordPress", "wp-includes", {{"wp-includes/version.php", LITERAL_PHP, {"wp_version"}, NULL}},
     {{N_("plug-in"), "wp-content/plugins", "*.php", LITERAL_HEADER, "Version", "Plugin Name"},
      {N_("plug-in that is always on"), "wp-content/mu-plugins", "*.php", LITERAL_HEADER, "Version", "Plugin Name"},
      {N_("theme"), "wp-content/themes", "style.css", LITERAL_HEADER, "Version", "Theme Name"}},
     wordpress_skip, wordpress_packages},
    {"phpMyAdmin", "libraries", {{"libraries/classes/Version.php", LITERAL_PHP, {"VERSION"}, NULL}, {"libraries/classes/Version.php", LITERAL_PHP, {"MAJOR", "MINOR", "PATCH"}, ".."}},
     {{N_("theme"), "themes", "theme.json", LITERAL_JSON, "version", NULL}}, phpmyadmin_skip, phpmyadmin_packages},
    {"phpMyAdmin", "src", {{"src/Version.php", LITERAL_PHP, {"VERSION"}, NULL}, {"src/Version.php", LITERAL_PHP, {"MAJOR", "MINOR", "PATCH"}, ".."}},
     {{N_("theme"), "public/themes", "theme.json", LITERAL_JSON, "version", NULL}}, phpmyadmin_skip, phpmyadmin_packages},
    {"Roundcube", "program", {{"program/include/iniset.php", LITERAL_PHP, {"RCMAIL_VERSION"}, NULL}},
     {{N_("plug-in"), "plugins", "composer.json", LITERAL_JSON, "version", NULL}, {N_("theme"), "skins", "composer.json", LITERAL_JSON, "version", NULL}},
     roundcube_skip, roundcube_packages},
    {"Joomla", "administrator", {{"administrator/manifests/files/joomla.xml", LITERAL_XML, {"version"}, NULL}},
     {{N_("component"), "administrator/components", "*.xml", LITERAL_XML, "version", NULL}, {N_("theme"), "templates", "templateDetails.xml", LITERAL_XML, "version", NULL}},
     joomla_skip, NULL},
    {"Drupal", "core", {{"core/lib/Drupal.php", LITERAL_PHP, {"VERSION"}, NULL}}, {{0}}, drupal_skip, NULL},
    {"Drupal", "includes", {{"includes/bootstrap.inc", LITERAL_PHP, {"VERSION"}, NULL}}, {{0}}, NULL, NULL},
    {"MODX", "core", {{"core/docs/version.inc.php", LITERAL_PHP, {"v[version]", "v[major_version]", "v[minor_version]", "v[patch_level]"}, "..-"}}, {{0}}, modx_skip, NULL},
    {"Evolution CMS", "manager", {{"manager/includes/version.inc.php", LITERAL_PHP, {"modx_version"}, NULL}}, {{0}}, modx_skip, NULL},
    {"MediaWiki", "includes", {{"includes/Defines.php", LITERAL_PHP, {"MW_VERSION"}, NULL}},
     {{N_("extension"), "extensions", "extension.json", LITERAL_JSON, "version", NULL}, {N_("theme"), "skins", "skin.json", LITERAL_JSON, "version", NULL}},
     mediawiki_skip, mediawiki_packages},
    {"Nextcloud", "version.php", {{"version.php", LITERAL_PHP, {"OC_VersionString"}, NULL}},
     {{N_("app"), "apps", "appinfo/info.xml", LITERAL_XML, "version", NULL}}, nextcloud_skip, NULL},
    {"EC-CUBE", "src", {{"src/Eccube/Common/Constant.php", LITERAL_PHP, {"VERSION"}, NULL}},
     {{N_("plug-in"), "app/Plugin", "composer.json", LITERAL_JSON, "version", NULL}}, eccube_skip, NULL},
    {"Concrete CMS", "concrete", {{"concrete/config/concrete.php", LITERAL_PHP, {"version"}, NULL}}, {{0}}, concrete_skip, NULL},
};
const size_t programs_n = ARRAY_SIZE(programs);
