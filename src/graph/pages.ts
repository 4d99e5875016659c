import type { Client } from "@microsoft/microsoft-graph-client";

type Page<T> = { value?: T[]; "@odata.nextLink"?: string };

/** Every page of a collection. Only the path of a next link is followed: a token never goes to another host. */
export async function allPages<T>(client: Client, path: string): Promise<T[]> {
  const all: T[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page: Page<T> = await client.api(next).get();
    all.push(...(page.value ?? []));
    const link: string | undefined = page["@odata.nextLink"];
    const url = link === undefined ? undefined : new URL(link);
    next = url && `${url.pathname.replace(/^\/v1\.0(?=\/)/, "")}${url.search}`;
  }
  return all;
}
