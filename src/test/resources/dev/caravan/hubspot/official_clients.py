"""Reads a HubSpot server with HubSpot's own clients; prints what they have read as JSON."""

import json
import sys

import hubspot.crm.associations.v4 as associations
import hubspot.crm.contacts as contacts
import hubspot.crm.properties as properties
from hubspot_sdk import HubSpot

url, token = sys.argv[1:]


def client(module, access_token=token):
    configuration = module.Configuration()
    configuration.host = url
    configuration.access_token = access_token
    return module.ApiClient(configuration)


# hubspot-api-client: v3 and v4
basic = contacts.BasicApi(client(contacts))
listed, after = [], None
while True:
    page = basic.get_page(limit=100, after=after, properties=["email", "annualrevenue"])
    listed += [contact.id for contact in page.results]
    if not page.paging:
        break
    after = page.paging.next.after
changed = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1767225600000"}
request = contacts.PublicObjectSearchRequest(
    filter_groups=[{"filters": [changed]}], sorts=["hs_object_id"], properties=["email"], limit=200
)
found = contacts.SearchApi(client(contacts)).do_search(public_object_search_request=request)
archived = basic.get_page(limit=100, archived=True).results
types = {each.name: each.type for each in properties.CoreApi(client(properties)).get_all("contacts").results}
inputs = [associations.PublicFetchAssociationsBatchRequest(id=each) for each in listed[:50]]
linked = associations.BatchApi(client(associations)).get_page(
    "contacts",
    "companies",
    batch_input_public_fetch_associations_batch_request=associations.BatchInputPublicFetchAssociationsBatchRequest(
        inputs=inputs
    ),
)
try:
    contacts.BasicApi(client(contacts, "another")).get_page()
    status = 200
except contacts.ApiException as e:
    status = e.status

# hubspot-sdk: dated paths
dated = [contact.id for contact in HubSpot(access_token=token, base_url=url).crm.objects.contacts.list(limit=100)]

print(
    json.dumps(
        {
            "listed": len(set(listed)),
            "found": found.total,
            "page": len(found.results),
            "archived": len([each for each in archived if each.archived_at]),
            "types": types,
            "linked": linked.results[0].to[0].to_object_id,
            "status": status,
            "dated": dated == listed,
        }
    )
)
