#pragma once
// The admin pages, one function each.

#include "admin/admin.h"

namespace wasmgate::admin {

AdminResponse text_response(int status, std::string body);

AdminResponse index_page(const AdminSource& source);
/// 200 when every check holds and no drain has begun, else 503; the body names each check.
AdminResponse readyz_page(const AdminSource& source);
AdminResponse metrics_page(const AdminSource& source);
/// {"generation":…,"refused":…,"model":{…}} without secrets.
AdminResponse config_page(const AdminSource& source);
/// {"plugins":[{resource,url,digest,abi,servingOlder,conditions:[…]}]}.
AdminResponse plugins_page(const AdminSource& source);

}  // namespace wasmgate::admin
