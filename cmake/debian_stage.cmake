# Run by cpack between installing and packing: what Debian wants and a plain installation does not. The
# configuration goes to /etc; manual page and changelogs are compressed.
set(host ${CPACK_TEMPORARY_DIRECTORY}/host)
set(development ${CPACK_TEMPORARY_DIRECTORY}/development)

set(examples ${host}/usr/share/doc/bellwether/examples)
file(COPY ${examples}/bellwether.toml ${examples}/prices.toml
  DESTINATION ${host}/etc/bellwether)
# There the schema that they name for editors is not beside them.
foreach(file bellwether prices)
  file(READ ${host}/etc/bellwether/${file}.toml text)
  string(REPLACE "#:schema ./" "#:schema file:///usr/share/doc/bellwether/examples/" text "${text}")
  file(WRITE ${host}/etc/bellwether/${file}.toml "${text}")
endforeach()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(release ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
set(changes "bellwether (${release}) unstable; urgency=medium

  * Built from version ${CPACK_PACKAGE_VERSION}; its changes are in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
set(doc ${host}/usr/share/doc/bellwether)
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
file(WRITE ${doc}/changelog.Debian "${changes}")
file(WRITE ${development}/usr/share/doc/bellwether-dev/changelog.Debian "${changes}")
execute_process(COMMAND gzip -9nf ${doc}/changelog ${doc}/changelog.Debian
  ${development}/usr/share/doc/bellwether-dev/changelog.Debian
  ${host}/usr/share/man/man1/bellwether.1
  COMMAND_ERROR_IS_FATAL ANY)
